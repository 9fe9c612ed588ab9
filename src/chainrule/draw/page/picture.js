// The picture: which group stands for what, the numbers in it, and what is picked.
const SVG = "http://www.w3.org/2000/svg";
const svg = byId("picture").querySelector("svg");
const groups = { node: {}, edge: {} };
const SPACE = 22; // of a chip, for its ends and its arrow

for (const kind of ["node", "edge"]) {
  for (const group of all(`g.${kind}`, svg)) groups[kind][group.dataset[kind]] = group;
}

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const roomOf = new Map(); // of every chip, measured once
function put(group, kind, chipKind, value) {
  const text = group.querySelector(`text.${kind}`);
  if (!text || value === null || value === undefined) return;
  const chip = chipKind && group.querySelector(`path.${chipKind}`);
  const wanted = short(value);
  if (text.textContent !== wanted) {
    text.textContent = wanted;
    text.removeAttribute("textLength");
    if (chip) {
      if (!roomOf.has(chip)) roomOf.set(chip, chip.getBBox().width - SPACE);
      const room = roomOf.get(chip);
      if (text.getComputedTextLength() > room) {
        text.setAttribute("textLength", room);
        text.setAttribute("lengthAdjust", "spacingAndGlyphs");
      }
    }
  }
  if (chip) chip.classList.toggle("alarm", !isFinite(value));
}

const tell = (about) =>
  [about.heading, ...about.facts.map(([label, parts]) => `${label}: ${said(parts)}`)].join(", ");

function describe() {
  for (const [kind, known] of [["node", data.nodes], ["edge", data.edges]]) {
    for (const [key, about] of Object.entries(known)) {
      const group = groups[kind][key];
      const text = tell(about);
      group.setAttribute("aria-label", text);
      const title = group.querySelector("title");
      if (title) title.textContent = text;
    }
  }
}

let picked = null; // [kind, key]

function showPicked() {
  const about = picked && (picked[0] === "node" ? data.nodes : data.edges)[picked[1]];
  byId("picked-title").textContent = about ? about.heading : "Node or edge";
  byId("picked-hint").hidden = Boolean(about);
  byId("facts").replaceChildren(
    ...(about ? about.facts : []).flatMap(([label, parts]) => {
      const term = document.createElement("dt");
      const text = document.createElement("dd");
      term.textContent = label;
      text.textContent = said(parts);
      return [term, text];
    }),
  );
}

function pick(kind, key) {
  if (picked) groups[picked[0]][picked[1]].classList.remove("picked");
  picked = kind ? [kind, key] : null;
  if (picked) groups[kind][key].classList.add("picked");
  showPicked();
  if (picked) byId("told").textContent = tell((kind === "node" ? data.nodes : data.edges)[key]);
  if (kind === "node" && rules.has(key)) choose(key);
}

function makePickable() {
  svg.setAttribute("role", "group");
  svg.removeAttribute("aria-describedby");
  for (const kind of ["node", "edge"]) {
    for (const [key, group] of Object.entries(groups[kind])) {
      group.setAttribute("role", "button");
      group.setAttribute("tabindex", "0");
      if (kind === "edge") {
        const wire = group.querySelector(".wire");
        if (wire) group.append(shape("path", { class: "hit", d: wire.getAttribute("d") }));
      }
      addRing(group, kind);
      group.addEventListener("click", () => pick(kind, key));
      group.addEventListener("keydown", (event) => {
        if (event.key === "Enter") {
          event.preventDefault();
          pick(kind, key);
        }
      });
    }
  }
}

// A ring that shows where the keyboard is.
function addRing(group, kind) {
  const target = group.querySelector(kind === "node" ? ".card" : ".local, .formula") ?? group;
  const box = target.getBBox();
  const by = kind === "node" ? 5 : 4;
  group.append(
    shape("rect", {
      class: "ring",
      x: box.x - by,
      y: box.y - by,
      width: box.width + 2 * by,
      height: box.height + 2 * by,
      rx: 8,
    }),
  );
}

function showFormulas(shown) {
  svg.classList.toggle("formulas", shown);
  byId("labels").setAttribute("aria-pressed", String(shown));
}
