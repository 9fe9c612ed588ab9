// What the page shows now, and the same as a link: everything that a reader can change.
const names = Object.keys(settings);
const state = { text: "", tape: null, landscape: null, start: [], method: "", rates: {}, epochs: 100, race: [], view: [], at: 0 };
let runs = new Map();

const landscapeOf = (text) => given.landscapes.find((one) => one.formula === text) ?? null;
const isLine = () => state.tape.names.length === 1;
const main = () => runs.get(state.method);
const racing = () => [...runs.values()];
const pointAt = (run) => run.points[Math.min(state.at, run.points.length - 1)];

// To a hundredth of the picture, or so: what a hand can choose.
function fine(x, axis) {
  const [low, high] = state.view[axis];
  return Number(x.toFixed(Math.min(12, Math.max(0, 3 - Math.floor(Math.log10(high - low))))));
}

// A rate to begin with: from the curvature where steps follow the slope, else a part of the picture.
function suggested(name) {
  const width = Math.max(...state.view.map(([low, high]) => high - low));
  const part = { lion: 0.01, rmsprop: 0.01, adagrad: 0.1 }[name] ?? 0.02;
  const { momentum } = settings[name].options;
  if (momentum === undefined || name === "rmsprop") return Number(typedRate(part * width));
  const report = reportOf(state.tape, state.start);
  const auto = report.finite ? report.auto : 0.01;
  return Number(typedRate(Math.min(10, auto * (1 - momentum))));
}

// Two digits, rounded down.
function typedRate(rate) {
  const unit = 10 ** (Math.floor(Math.log10(rate)) - 1);
  return (Math.floor((rate / unit) * (1 + 1e-12)) * unit).toPrecision(2);
}

function suggestRates() {
  for (const name of names) state.rates[name] = suggested(name);
}

// Take a formula as it was read; the start and the picture stay where they fit.
function take(text, tape) {
  const count = tape.names.length;
  state.text = text;
  state.tape = tape;
  state.landscape = landscapeOf(text);
  if (state.view.length !== count) {
    state.view = tape.names.map((_, i) => state.view[i] ?? [-3, 3]);
    state.start = tape.names.map((_, i) => state.start[i] ?? 1);
  }
}

function lookAt(landscape) {
  state.view = landscape.box.map((side) => [...side]);
  state.start = [...landscape.start];
}

function rerun() {
  const shown = names.filter((name) => name === state.method || state.race.includes(name));
  runs = new Map(shown.map((name) => [name, descend(state.tape, name, state.start, state.rates[name], state.epochs)]));
}

// --- the link

function asLink() {
  const link = new URLSearchParams({
    f: state.text,
    start: state.start.join(","),
    method: state.method,
    rate: state.rates[state.method],
    epochs: state.epochs,
    view: state.view.flat().join(","),
  });
  if (state.race.length) link.set("race", state.race.map((name) => `${name}:${state.rates[name]}`).join(","));
  return `#${link}`;
}

let keeping = 0;

// A browser refuses to keep a new address at every move of a hand.
function keepLinkSoon() {
  clearTimeout(keeping);
  keeping = setTimeout(keepLink, 250);
}

function keepLink() {
  try {
    history.replaceState(null, "", asLink());
  } catch {
    // In a frame without an address of its own there is nothing to keep it in.
  }
}

const numbersIn = (text) => (text ?? "").split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));

// Follow a link as far as it makes sense; false where it has no formula that can be read.
function follow(hash) {
  const link = new URLSearchParams(hash.replace(/^#/, ""));
  let tape;
  try {
    tape = parse(link.get("f") ?? "");
  } catch {
    return false;
  }
  const count = tape.names.length;
  const view = numbersIn(link.get("view"));
  const start = numbersIn(link.get("start"));
  const sides = tape.names.map((_, i) => [view[2 * i], view[2 * i + 1]]);
  const fits = view.length === 2 * count && sides.every(([low, high]) => low < high && Number.isFinite(high - low));
  const landscape = landscapeOf(link.get("f"));
  state.view = fits ? sides : (landscape?.box ?? tape.names.map(() => [-3, 3]));
  state.start = start.length === count && start.every(Number.isFinite) ? start : tape.names.map(() => 1);
  take(link.get("f"), tape);
  state.method = names.includes(link.get("method")) ? link.get("method") : given.method;
  const epochs = Number(link.get("epochs"));
  state.epochs = Number.isInteger(epochs) && epochs >= 1 && epochs <= given.most ? epochs : given.epochs;
  suggestRates();
  const takeRate = (name, rate) => {
    if (rate > 0 && Number.isFinite(rate)) state.rates[name] = rate;
  };
  takeRate(state.method, Number(link.get("rate")));
  const raced = (link.get("race") ?? "").split(",").map((part) => part.split(":"));
  state.race = raced.map(([name]) => name).filter((name) => names.includes(name));
  for (const [name, rate] of raced) if (names.includes(name)) takeRate(name, Number(rate));
  return true;
}

function begin() {
  state.view = given.box.map((side) => [...side]);
  state.start = [...given.start];
  take(given.formula, parse(given.formula));
  state.method = given.method;
  state.epochs = given.epochs;
  state.race = [...given.race];
  suggestRates();
  if (given.rate !== null) state.rates[state.method] = given.rate;
}
