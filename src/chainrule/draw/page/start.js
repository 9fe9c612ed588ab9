// Everything is put to work here.
// Keys belong to what has the focus first: fields, sliders and buttons keep theirs.
function onKey(event) {
  if (!byId("keys").checked || event.ctrlKey || event.metaKey || event.altKey) return;
  const on = event.target;
  const isField = on instanceof HTMLInputElement && on.type !== "checkbox";
  const isButton = on instanceof HTMLButtonElement || on instanceof HTMLInputElement;
  const press = {
    " ": () => playOrPause(),
    ArrowRight: () => step(1),
    ArrowLeft: () => step(-1),
    Home: () => jump(0),
    End: () => jump(lines.length),
    Escape: () => {
      pick(null);
      choose(null);
    },
    f: () => showFormulas(!svg.classList.contains("formulas")),
  }[event.key];
  const isDigit = /^[1-9]$/.test(event.key);
  if ((!press && !isDigit) || (isField && event.key !== "Escape") || (isButton && event.key === " ")) return;
  event.preventDefault();
  if (isDigit) choosePath(Number(event.key));
  else press();
}

function start() {
  if (live) {
    const ours = live(inputs);
    if (ours.every((number, index) => agrees(number, data.numbers[index]))) {
      numbers = ours;
    } else {
      live = null;
      const note = document.createElement("p");
      note.className = "note";
      note.textContent = "This browser computes other numbers than Python did, so they are fixed.";
      document.querySelector(".panel").prepend(note);
    }
  }
  for (const part of all("[data-script]")) part.hidden = false;
  makePickable();
  makeChoices();
  makeInputs();
  byId("position").max = String(lines.length);
  listeners.push(draw, describe, showPicked);
  refresh();
  choose(rules.has(data.wrt) ? data.wrt : null);
  byId("first").addEventListener("click", () => jump(0));
  byId("back").addEventListener("click", () => step(-1));
  byId("play").addEventListener("click", playOrPause);
  byId("step").addEventListener("click", () => step(1));
  byId("last").addEventListener("click", () => jump(lines.length));
  byId("position").addEventListener("input", () => jump(Number(byId("position").value)));
  byId("labels").addEventListener("click", () => showFormulas(!svg.classList.contains("formulas")));
  offerTheme();
  document.addEventListener("keydown", onKey);
}

start();
