// The chain rule: a variable's paths lit in the picture, each with a stroke of its own.
const APART = 5; // between the strands of an edge
const rules = new Map(data.rules.map((rule) => [rule.node, rule]));
const sections = new Map(all("[data-rule]").map((section) => [section.dataset.rule, section]));
const buttons = new Map();
let chosen = null;
let path = null; // the number of the one path that is lit, or null for all

function choose(node) {
  if (chosen !== node) path = null;
  chosen = node;
  drawChain();
}

function choosePath(number) {
  if (chosen === null || number > rules.get(chosen).paths.length) return;
  path = path === number ? null : number;
  drawChain();
  const line = sections.get(chosen).querySelector(`[data-path="${number}"]`);
  byId("told").textContent = path === null ? "All paths" : `Path ${number}: ${line.textContent}`;
}

function drawChain() {
  for (const strand of all(".strand", svg)) strand.remove();
  for (const group of all(".has-strands, .faded, .asked", svg)) {
    group.classList.remove("has-strands", "faded", "asked");
  }
  for (const [node, section] of sections) section.hidden = node !== chosen;
  for (const [node, button] of buttons) button.setAttribute("aria-pressed", String(node === chosen));
  byId("chain-hint").hidden = chosen !== null || rules.size === 0;
  if (chosen === null) return;
  const ways = {};
  const nodes = new Set([chosen]);
  rules.get(chosen).paths.forEach((way, index) => {
    if (path !== null && path !== index + 1) return;
    way.nodes.forEach((node) => nodes.add(node));
    way.edges.forEach((edge) => (ways[edge] ??= []).push(index + 1));
  });
  groups.node[chosen].classList.add("asked");
  for (const [key, group] of Object.entries(groups.node)) group.classList.toggle("faded", !nodes.has(key));
  for (const [key, group] of Object.entries(groups.edge)) {
    group.classList.toggle("faded", !(key in ways));
    if (key in ways) addStrands(group, ways[key]);
  }
  for (const line of all("[data-path]", sections.get(chosen))) {
    const number = Number(line.dataset.path);
    line.classList.toggle("chosen", path === number);
    line.classList.toggle("faded", path !== null && path !== number);
    line.querySelector("button").setAttribute("aria-pressed", String(path === number));
  }
}

function addStrands(group, numbers) {
  const wire = group.querySelector(".wire");
  const length = wire.getTotalLength();
  const [from, to] = [wire.getPointAtLength(0), wire.getPointAtLength(length)];
  const along = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  group.classList.add("has-strands");
  numbers.forEach((number, index) => {
    const by = ((index - (numbers.length - 1) / 2) * APART) / along;
    const [x, y] = [(from.y - to.y) * by, (to.x - from.x) * by];
    wire.after(
      shape("path", {
        class: `strand way${number}`,
        d: wire.getAttribute("d"),
        transform: `translate(${x.toFixed(2)},${y.toFixed(2)})`,
      }),
    );
  });
}

function makeChoices() {
  for (const { node, name } of data.rules) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => (chosen === node ? choose(null) : choose(node)));
    buttons.set(node, button);
    byId("by").append(button);
  }
  for (const line of all("[data-path]")) {
    const number = Number(line.dataset.path);
    const sample = shape("svg", { "aria-hidden": "true", viewBox: "0 0 37 8" });
    sample.append(shape("path", { class: `way${number}`, d: "M0 4h37" }));
    const button = document.createElement("button");
    button.type = "button";
    button.title = `Light this path (${number})`;
    button.append(line.querySelector("span"));
    button.addEventListener("click", () => choosePath(number));
    line.append(sample, button);
  }
}
