// The methods as a table: who runs, at which rate, and how far each has come.
const raceRows = new Map();

function sample(name) {
  const picture = mark("svg", { viewBox: "0 0 40 8", class: "sample", "aria-hidden": "true" });
  picture.append(mark("path", { d: "M0 4h40", class: way(name) }));
  return picture;
}

function cell(kind, ...content) {
  const made = document.createElement(kind);
  made.append(...content);
  return made;
}

function makeRace() {
  for (const name of names) {
    const row = document.createElement("tr");
    const box = document.createElement("input");
    const field = document.createElement("input");
    const label = document.createElement("label");
    box.type = "checkbox";
    box.id = `race-${names.indexOf(name)}`;
    label.htmlFor = box.id;
    label.textContent = name;
    field.type = "number";
    field.step = "any";
    field.min = "0";
    field.setAttribute("aria-label", `Rate of ${name}`);
    box.addEventListener("change", () => {
      state.race = names.filter((other) => (other === name ? box.checked : state.race.includes(other)));
      changed();
    });
    field.addEventListener("input", () => {
      const rate = field.valueAsNumber;
      const fits = rate > 0 && Number.isFinite(rate);
      field.setAttribute("aria-invalid", String(!fits));
      if (!fits) return;
      state.rates[name] = rate;
      changed();
    });
    const head = cell("th", box, sample(name), label);
    head.scope = "row";
    const cells = { rate: cell("td", field), loss: cell("td"), least: cell("td"), shows: cell("td") };
    row.append(head, ...Object.values(cells));
    raceRows.set(name, { row, box, field, ...cells });
    byId("race").append(row);
  }
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function fillRace() {
  for (const [name, { row, box, field, loss, least, shows }] of raceRows) {
    const run = runs.get(name);
    box.checked = Boolean(run);
    box.disabled = name === state.method;
    row.classList.toggle("off", !run);
    row.classList.toggle("main", name === state.method);
    if (document.activeElement !== field) field.value = String(state.rates[name]);
    put(loss, run ? brief(run.losses[Math.min(state.at, run.losses.length - 1)], 5) : "");
    if (!run) {
      put(least, "");
      put(shows, "");
      continue;
    }
    const finite = run.losses.filter(Number.isFinite);
    const lowest = finite.reduce((a, b) => Math.min(a, b), Infinity);
    put(least, finite.length ? `${brief(lowest, 5)} after ${run.losses.indexOf(lowest)}` : "none");
    const kinds = symptomsOf(run).map((one) => one.kind);
    put(shows, kinds.includes("rest") ? "arrived" : kinds.join(", "));
  }
}

const isPlain = (name) => name === "gradient descent";

// What a run shows; the limits of plain gradient descent say nothing of other methods.
function symptomsOf(run) {
  const about = { ...run, names: state.tape.names };
  if (!isPlain(run.name)) return diagnose({ ...about, rate: undefined });
  const found = diagnose(about);
  if (!found.length) return found;
  const report = reportOf(state.tape, seenFrom(found[0], run.points));
  return diagnose({ ...about, report: report.finite ? report : null });
}
