// Elements of the page, and digits of numbers: what every page of ours is written with.
const byId = (id) => document.getElementById(id);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

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
