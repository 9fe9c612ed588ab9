// The numbers: as Python computed them, or as the function of the expression computes them.
const byId = (id) => document.getElementById(id);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const SAME = 1e-9; // beyond it, this browser's arithmetic is not Python's

let numbers = data.numbers;
let inputs = data.inputs.map((input) => input.value);
const listeners = [];

// As Python's format "g": so many digits, halves to even, without zeros at the end.
function general(x, digits) {
  const [whole, power] = Math.abs(x).toExponential(100).split("e");
  const exact = whole.replace(".", "");
  let [mantissa, exponent] = Math.abs(x).toExponential(digits - 1).split("e");
  if (/^50*$/.test(exact.slice(digits)) && exact[digits - 1] % 2 === 0) {
    mantissa = exact[0] + "." + exact.slice(1, digits);
    exponent = power;
  }
  const trim = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  const sign = x < 0 ? "−" : "";
  if (exponent < -4 || exponent >= digits) {
    return `${sign}${trim(mantissa)}e${String(Number(exponent)).replace("-", "−")}`;
  }
  return sign + trim(Number(`${mantissa}e${exponent}`).toFixed(digits - 1 - exponent));
}

function brief(value, digits) {
  if (typeof value === "string") return value;
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return value === 0 ? "0" : general(value, digits);
}

function written(value) {
  if (!Array.isArray(value)) return brief(value, 6);
  const first = value.slice(0, value.length > 4 ? 3 : 4).map((item) => brief(item, 6));
  return value.length > 4 ? `[${first.join(", ")}, … (${value.length})]` : `[${first.join(", ")}]`;
}

// As the picture writes it: short.
function short(value) {
  if (!Array.isArray(value)) return brief(value, 4);
  let first = value.slice(0, 3).map((item) => brief(item, 3));
  if (value.length <= 3 && first.join("").length <= 9) return `[${first.join(", ")}]`;
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
