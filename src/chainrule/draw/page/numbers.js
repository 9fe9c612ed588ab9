// The numbers: as Python computed them, or as the function of the expression computes them.
const SAME = 1e-9; // beyond it, this browser's arithmetic is not Python's

let numbers = data.numbers;
let inputs = data.inputs.map((input) => input.value);
const listeners = [];

function written(value) {
  if (!Array.isArray(value)) return brief(value, 6);
  const first = value.slice(0, value.length > 4 ? 3 : 4).map((item) => brief(item, 6));
  return value.length > 4 ? `[${first.join(", ")}, … (${value.length})]` : `[${first.join(", ")}]`;
}

// As the picture writes it: short.
function short(value) {
  if (!Array.isArray(value)) return brief(value, 4);
  let first = value.slice(0, 3).map((item) => brief(item, 3));
  if (value.length <= 3 && first.join("").length <= 18) return `[${first.join(", ")}]`;
  first = first.slice(0, first.slice(0, 2).join("").length <= 9 ? 2 : 1);
  return `[${first.map((item) => `${item}, `).join("")}…] (${value.length},)`;
}

function word([place, bracketed = false, row = null]) {
  let value = numbers[place];
  if (row !== null && Array.isArray(value)) value = value[row];
  const text = written(value);
  return bracketed && text.startsWith("−") ? `(${text})` : text;
}

const said = (parts) =>
  parts
    .map((part) => (typeof part === "string" ? part : word([part].flat())))
    .join("");

const isFinite = (value) =>
  Array.isArray(value) ? value.every(Number.isFinite) : typeof value === "string" || Number.isFinite(value);

// Numbers that stand in the text of the page.
const standing = all("data[data-n]").map((place) => ({
  place,
  number: [Number(place.dataset.n), "b" in place.dataset, "row" in place.dataset ? Number(place.dataset.row) : null],
}));

function refresh() {
  if (live) {
    for (const { place, number } of standing) {
      const text = word(number);
      if (place.textContent !== text) place.textContent = text;
      const [index, , row] = number;
      const value = row !== null && Array.isArray(numbers[index]) ? numbers[index][row] : numbers[index];
      place.value = Array.isArray(value) ? text : String(value);
    }
  }
  listeners.forEach((listener) => listener());
}

function recompute() {
  numbers = live(inputs);
  refresh();
}

function agrees(ours, theirs) {
  if (typeof theirs !== "number" || Object.is(ours, theirs)) return true;
  return Math.abs(ours - theirs) <= SAME * Math.max(1, Math.abs(theirs));
}
