// Everything is put to work here.
// Keys belong to what has the focus first: fields, sliders and buttons keep theirs.
function onKey(event) {
  if (!byId("keys").checked || event.ctrlKey || event.metaKey || event.altKey) return;
  const on = event.target;
  const isField = /^(INPUT|SELECT|TEXTAREA|SUMMARY)$/.test(on.tagName) && on.type !== "checkbox";
  const isButton = on instanceof HTMLButtonElement || on.type === "checkbox";
  const press = {
    " ": playOrPause,
    ArrowRight: () => jump(state.at + 1),
    ArrowLeft: () => jump(state.at - 1),
    Home: () => jump(0),
    End: () => jump(state.epochs),
    "+": () => zoom(1 / 1.5),
    "-": () => zoom(1.5),
  }[event.key];
  if (!press || isField || (isButton && event.key === " ")) return;
  event.preventDefault();
  stopUnlessPlay(event.key);
  press();
}

function stopUnlessPlay(key) {
  if (key !== " ") stop();
}

async function copy(text, told) {
  let words = told;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    words = "This browser does not let the page copy; mark the text and copy it yourself.";
  }
  put(byId("told"), words);
  put(byId("copied"), words);
}

function start() {
  for (const part of all("[data-script]")) part.hidden = false;
  if (!follow(location.hash)) begin();
  makeRace();
  makeFormula();
  makeNumbers();
  makeHandle();
  fillFields();
  const presses = {
    first: () => jump(0),
    back: () => jump(state.at - 1),
    step: () => jump(state.at + 1),
    last: () => jump(state.epochs),
    closer: () => zoom(1 / 1.5),
    further: () => zoom(1.5),
    fit: fitPaths,
  };
  for (const [id, press] of Object.entries(presses)) {
    byId(id).addEventListener("click", () => {
      stop();
      press();
    });
  }
  byId("play").addEventListener("click", playOrPause);
  byId("position").addEventListener("input", () => {
    stop();
    jump(Number(byId("position").value));
  });
  byId("steps").addEventListener("toggle", soon);
  byId("code").addEventListener("toggle", soon);
  byId("copy-python").addEventListener("click", () => {
    refreshRuns();
    copy(asPython(), "The Python code is copied.");
  });
  byId("copy-link").addEventListener("click", () => {
    keepLink();
    copy(location.href.split("#")[0] + asLink(), "The link to this state is copied.");
  });
  offerTheme();
  byId("theme").addEventListener("click", soon);
  dark.addEventListener("change", soon);
  addEventListener("hashchange", () => {
    if (location.hash !== asLink() && follow(location.hash)) {
      fillFields();
      changed();
    }
  });
  document.addEventListener("keydown", onKey);
  new ResizeObserver(soon).observe(byId("plot"));
  changed();
}

start();
