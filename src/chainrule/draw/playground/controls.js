// What a hand can do: type, slide, drag, play; each ends in one drawing of all that changed.
const PAUSE = 40; // milliseconds between two drawings of a play
const CALM = 600; // where motion is not wanted
const STEPS = 150; // drawings of a whole play
let timer = null;
let waiting = null;
let stale = true; // whether the runs are those of an earlier state

function refreshRuns() {
  if (stale) rerun();
  stale = false;
}

function draw() {
  waiting = null;
  refreshRuns();
  document.querySelector(".stage").classList.toggle("curved", isLine());
  byId("known").hidden = !state.landscape?.minima.length;
  if (isLine()) drawLine();
  else drawPlane();
  drawLosses();
  fillRace();
  say();
  explain();
  fillSteps();
  describePicture();
  put(byId("python"), byId("code").open ? asPython() : "");
  keepLinkSoon();
  byId("position").value = String(state.at);
}

function soon() {
  waiting ??= requestAnimationFrame(draw);
}

// Something that runs depend on is another now: run again, and show all of it.
function changed() {
  stop();
  stale = true;
  state.at = state.epochs;
  byId("position").max = String(state.epochs);
  soon();
}

function jump(to) {
  state.at = Math.max(0, Math.min(state.epochs, Math.round(to)));
  soon();
}

function stop() {
  clearInterval(timer);
  timer = null;
  byId("play").classList.remove("playing");
  byId("play").setAttribute("aria-label", "Play");
  byId("says").setAttribute("aria-live", "polite");
}

function playOrPause() {
  if (timer !== null) {
    stop();
    return;
  }
  if (state.at >= state.epochs) jump(0);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const stride = Math.max(1, Math.round(state.epochs / (calm ? 10 : STEPS)));
  // Few epochs are worth a look at each.
  const pause = calm ? CALM : Math.max(PAUSE, Math.min(400, 4000 / state.epochs));
  byId("play").classList.add("playing");
  byId("play").setAttribute("aria-label", "Pause");
  byId("says").setAttribute("aria-live", "off"); // a play would never let it finish
  timer = setInterval(() => {
    jump(state.at + stride);
    if (state.at >= state.epochs) stop();
  }, pause);
}

// --- fields

// Let a field give a number to the state, and say what is wrong with one that does not fit.
function makeField(field, wanted, fits, settle) {
  const wrong = byId(`${field.id}-wrong`);
  field.addEventListener("input", () => {
    const value = field.valueAsNumber;
    const good = Number.isFinite(value) && fits(value);
    field.setAttribute("aria-invalid", String(!good));
    wrong.hidden = good;
    put(wrong, good ? "" : wanted);
    if (good) settle(value);
  });
}

function show(field, value) {
  if (document.activeElement === field && field.valueAsNumber === value) return;
  field.value = String(value);
  field.removeAttribute("aria-invalid");
  const wrong = byId(`${field.id}-wrong`);
  if (wrong) wrong.hidden = true;
}

function makeNumbers() {
  makeField(byId("rate"), "Enter a rate above 0, such as 0.01.", (x) => x > 0, (x) => {
    state.rates[state.method] = x;
    byId("rate-slider").value = String(Math.log10(x));
    changed();
  });
  byId("rate-slider").addEventListener("input", () => {
    state.rates[state.method] = Number((10 ** Number(byId("rate-slider").value)).toPrecision(3));
    show(byId("rate"), state.rates[state.method]);
    changed();
  });
  const whole = (x) => Number.isInteger(x) && x >= 1 && x <= given.most;
  makeField(byId("epochs"), `Enter a whole number from 1 to ${given.most}.`, whole, (x) => {
    state.epochs = x;
    changed();
  });
  for (const axis of [0, 1]) {
    makeField(byId(`start${axis}`), "Enter a number, such as 0.5.", () => true, (x) => {
      state.start = state.start.map((old, i) => (i === axis ? x : old));
      changed();
    });
    for (const end of [0, 1]) {
      const fits = (x) => (end ? x > state.view[axis][0] : x < state.view[axis][1]);
      makeField(byId(`view${axis}${end}`), "Enter a number; the lower end comes first.", fits, (x) => {
        state.view[axis] = state.view[axis].map((old, i) => (i === end ? x : old));
        changed();
      });
    }
  }
  byId("suggest").addEventListener("click", () => {
    suggestRates();
    fillFields();
    changed();
  });
  byId("method").addEventListener("change", () => {
    state.method = byId("method").value;
    fillFields();
    changed();
  });
}

function fillFields() {
  const { names: called } = state.tape;
  byId("formula").value = state.text;
  byId("landscape").value = state.landscape?.name ?? "";
  byId("method").value = state.method;
  const rate = state.rates[state.method];
  show(byId("rate"), rate);
  byId("rate-slider").value = String(Math.log10(rate));
  byId("rate-slider").setAttribute("aria-valuetext", String(rate));
  show(byId("epochs"), state.epochs);
  for (const axis of [0, 1]) {
    for (const part of all(`[data-axis="${axis}"]`)) part.hidden = axis >= called.length;
    if (axis >= called.length) continue;
    for (const label of all(`[data-name="${axis}"]`)) put(label, called[axis]);
    show(byId(`start${axis}`), state.start[axis]);
    for (const end of [0, 1]) {
      byId(`view${axis}${end}`).setAttribute("aria-label", `${called[axis]} ${end ? "to" : "from"}`);
      show(byId(`view${axis}${end}`), state.view[axis][end]);
    }
  }
}

// --- the formula

function makeFormula() {
  const field = byId("formula");
  field.addEventListener("input", () => {
    const text = field.value;
    try {
      take(text, parse(text));
    } catch (error) {
      if (!(error instanceof FormulaError)) throw error;
      refuseFormula(text, error);
      return;
    }
    field.removeAttribute("aria-invalid");
    byId("formula-wrong").hidden = true;
    suggestRates();
    fillFields();
    changed();
  });
  const list = byId("landscape");
  list.append(...given.landscapes.map((one) => new Option(one.title, one.name)));
  list.addEventListener("change", () => {
    const chosen = given.landscapes.find((one) => one.name === list.value);
    if (!chosen) return;
    lookAt(chosen);
    take(chosen.formula, parse(chosen.formula));
    field.removeAttribute("aria-invalid");
    byId("formula-wrong").hidden = true;
    suggestRates();
    fillFields();
    changed();
  });
}

function refuseFormula(text, error) {
  const wrong = byId("formula-wrong");
  const shown = [...text].slice(Math.max(0, error.column - 30), error.column + 30).join("");
  const place = error.column - 1 - Math.max(0, error.column - 30);
  wrong.replaceChildren(error.message);
  if (text.trim()) wrong.append(cell("pre", `${shown.replace(/\s/g, " ")}\n${" ".repeat(place)}^`));
  wrong.hidden = false;
  byId("formula").setAttribute("aria-invalid", "true");
}

// --- the start, by hand

function startAt(clientX, clientY) {
  const box = byId("plot").getBoundingClientRect();
  const [left, top, right, bottom] = place.frame;
  const x = Math.max(left, Math.min(right, clientX - box.left));
  const y = Math.max(top, Math.min(bottom, clientY - box.top));
  state.start = [place.across, place.up].slice(0, state.start.length).map((axis, i) => fine(axis.back(i ? y : x), i));
  for (const [axis, value] of state.start.entries()) show(byId(`start${axis}`), value);
  changed();
}

function makeHandle() {
  const plot = byId("plot");
  let held = null;
  plot.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest(".zoom")) return;
    held = event.pointerId;
    plot.setPointerCapture(held);
    byId("handle").focus({ preventScroll: true });
    startAt(event.clientX, event.clientY);
    event.preventDefault();
  });
  plot.addEventListener("pointermove", (event) => {
    if (event.pointerId === held) startAt(event.clientX, event.clientY);
  });
  for (const end of ["pointerup", "pointercancel"]) plot.addEventListener(end, () => (held = null));
  byId("handle").addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key];
    if (!moves || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const part = event.shiftKey ? 0.002 : 0.02;
    state.start = state.start.map((x, i) => fine(x + moves[i] * part * (state.view[i][1] - state.view[i][0]), i));
    for (const [axis, value] of state.start.entries()) show(byId(`start${axis}`), value);
    changed();
  });
}

// --- the picture's box

function zoom(factor) {
  state.view = state.view.map(([low, high]) => {
    const [middle, half] = [(low + high) / 2, ((high - low) / 2) * factor];
    return [middle - half, middle + half].map((x) => Number(x.toPrecision(6)));
  });
  fillFields();
  changed();
}

// The box that holds every path, and a little more.
function fitPaths() {
  refreshRuns();
  const points = racing().flatMap((run) => run.points).filter((point) => point.every((x) => Math.abs(x) < 1e6));
  state.view = state.view.map((_, i) => {
    const column = points.map((point) => point[i]);
    const [low, high] = column.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
    const pad = 0.15 * (high - low) || 1;
    return [low - pad, high + pad].map((x) => Number(x.toPrecision(4)));
  });
  fillFields();
  changed();
}
