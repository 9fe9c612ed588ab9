// The walk through both passes: 0 is the whole picture, then one line after the other.
const PAUSE = 1500; // milliseconds to a step
const lines = data.walk;
const whenForward = {};
const whenBackward = {};
lines.forEach((line, index) => {
  if (line.phase === "forward") whenForward[line.node] = index + 1;
  if (line.edge) whenBackward[line.edge] = index + 1;
});
const rows = new Map(all("tr[data-line]").map((row) => [Number(row.dataset.line), row]));
const steps = { forward: 0, backward: 0, done: 0 };
lines.forEach((line) => (steps[line.phase] += 1));

let position = 0;
let timer = null;

const isWhole = () => position === 0 || lines[position - 1].phase === "done";

// The place of the number that stands in the chip of a node's derivative now.
function adjointNow(key) {
  if (isWhole()) return data.nodes[key].adjoint;
  for (let index = position - 1; index >= 0; index -= 1) {
    const line = lines[index];
    if (line.phase === "backward" && line.node === key) return line.number;
  }
  return null;
}

const numberAt = (place) => (place === null ? null : numbers[place]);

function drawNumbers() {
  for (const [key, about] of Object.entries(data.nodes)) {
    const group = groups.node[key];
    const adjoint = adjointNow(key);
    group.classList.toggle("no-value", !(isWhole() || whenForward[key] <= position));
    group.classList.toggle("no-adjoint", adjoint === null);
    if (!live) continue;
    put(group, "value", "forward", numberAt(about.value));
    put(group, "adjoint", "backward", numberAt(adjoint));
  }
  for (const [key, about] of Object.entries(data.edges)) {
    const group = groups.edge[key];
    group.classList.toggle("no-local", !(isWhole() || whenBackward[key] <= position));
    if (live) put(group, "local", "", numberAt(about.local));
  }
}

function light() {
  for (const group of all(".now-forward, .now-backward", svg)) {
    group.classList.remove("now-forward", "now-backward");
  }
  for (const row of rows.values()) row.classList.remove("now");
  const line = lines[position - 1];
  if (!line || line.phase === "done") return;
  const mark = `now-${line.phase}`;
  groups.node[line.node].classList.add(mark);
  if (line.edge) groups.edge[line.edge].classList.add(mark);
  if (line.phase === "forward") {
    for (const [key, edge] of Object.entries(data.edges)) {
      if (edge.head === line.node) groups.edge[key].classList.add(mark);
    }
  }
  rows.get(position)?.classList.add("now");
  bringIntoView(groups.node[line.node]);
}

// Scroll the frame of the picture alone, not the page.
function bringIntoView(group) {
  const frame = byId("picture");
  const [outer, inner] = [frame.getBoundingClientRect(), group.getBoundingClientRect()];
  for (const [low, high, scroll] of [["left", "right", "scrollLeft"], ["top", "bottom", "scrollTop"]]) {
    if (inner[low] < outer[low] || inner[high] > outer[high]) {
      frame[scroll] += (inner[low] + inner[high] - outer[low] - outer[high]) / 2;
    }
  }
}

function sentence() {
  if (position > 0) return said(lines[position - 1].says);
  const output = lines.filter((line) => line.phase === "forward").at(-1);
  const begin = output ? `${said(output.says)}. ` : "";
  return `${begin}Play or step to see how ${steps.backward ? "it is computed and differentiated" : "it is computed"}.`;
}

function counted() {
  if (position === 0) return "whole picture";
  const { phase } = lines[position - 1];
  if (phase === "done") return "done";
  const before = phase === "backward" ? steps.forward : 0;
  return `${phase} ${position - before} of ${steps[phase]}`;
}

function draw() {
  drawNumbers();
  light();
  const says = byId("says");
  const text = sentence();
  if (says.textContent !== text) says.textContent = text;
  says.className = position > 0 ? lines[position - 1].phase : "";
  byId("walk").className = `walk ${says.className}`;
  byId("count").textContent = counted();
  const slider = byId("position");
  slider.value = String(position);
  slider.setAttribute("aria-valuetext", counted());
  byId("back").disabled = byId("first").disabled = position === 0;
  byId("step").disabled = byId("last").disabled = position === lines.length;
}

function go(to) {
  position = Math.min(Math.max(to, 0), lines.length);
  draw();
}

function pause() {
  clearInterval(timer);
  timer = null;
  byId("play").classList.remove("playing");
  byId("play").setAttribute("aria-label", "Play");
}

function playOrPause() {
  if (timer !== null) return pause();
  byId("play").classList.add("playing");
  byId("play").setAttribute("aria-label", "Pause");
  go(position === lines.length ? 1 : position + 1);
  timer = setInterval(() => {
    go(position + 1);
    if (position === lines.length) pause();
  }, PAUSE);
}

function step(by) {
  pause();
  go(position + by);
}

function jump(to) {
  pause();
  go(to);
}
