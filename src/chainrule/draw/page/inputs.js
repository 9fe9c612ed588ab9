// The inputs: a slider and a field for each number, and columns as short lists.
const resets = [];

// Half the width of a slider: a round number, at least twice what it starts from.
function reach(value) {
  const least = Math.max(2 * Math.abs(value), 1e-300);
  const power = 10 ** Math.floor(Math.log10(least));
  const round = [1, 2, 5, 10].find((factor) => factor * power >= least) * power;
  return Math.abs(value) > 0 && Math.abs(value) < 0.5 ? round : Math.max(round, 5);
}

function makeInput(input, index) {
  const row = document.createElement("div");
  const label = document.createElement("label");
  row.className = "slider";
  label.textContent = label.title = input.name;
  row.append(label);
  if (Array.isArray(input.value)) {
    const list = document.createElement("span");
    list.className = "rows";
    list.textContent = `${written(input.value)}, a column`;
    row.append(list);
    return row;
  }
  const slider = document.createElement("input");
  const field = document.createElement("input");
  const wrong = document.createElement("p");
  slider.type = "range";
  slider.step = "any";
  slider.setAttribute("aria-label", `${input.name}, slider`);
  field.type = "number";
  field.step = "any";
  field.id = `input${index}`;
  field.required = true;
  label.htmlFor = field.id;
  wrong.className = "wrong";
  wrong.id = `wrong${index}`;
  wrong.hidden = true;
  wrong.setAttribute("role", "alert");
  const show = (value) => {
    const end = Math.max(reach(input.value), reach(value) > 2 * reach(input.value) ? reach(value) : 0);
    slider.min = String(-end);
    slider.max = String(end);
    slider.value = String(value);
  };
  const settle = (value) => {
    inputs[index] = value;
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
    wrong.hidden = true;
    recompute();
  };
  slider.addEventListener("input", () => {
    const fine = Number(slider.max) / 100;
    const value = Number((Math.round(Number(slider.value) / fine) * fine).toPrecision(12));
    field.value = String(value);
    settle(value);
  });
  field.addEventListener("input", () => {
    const value = field.valueAsNumber;
    if (Number.isFinite(value)) {
      show(value);
      settle(value);
      return;
    }
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", wrong.id);
    wrong.textContent = `Enter a number for ${input.name}, such as 0.5.`;
    wrong.hidden = false;
  });
  const reset = () => {
    field.value = String(input.value);
    show(input.value);
    inputs[index] = input.value;
    field.removeAttribute("aria-invalid");
    wrong.hidden = true;
  };
  reset();
  resets.push(reset);
  row.append(slider, field);
  const both = document.createElement("div");
  both.append(row, wrong);
  return both;
}

function makeInputs() {
  byId("inputs").hidden = !live || data.inputs.length === 0;
  byId("sliders").append(...data.inputs.map(makeInput));
  byId("reset").hidden = resets.length === 0;
  byId("reset").addEventListener("click", () => {
    resets.forEach((reset) => reset());
    recompute();
  });
}
