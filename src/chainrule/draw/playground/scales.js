// Places on the screen for numbers, and the round numbers that stand beside an axis.
const SVG = "http://www.w3.org/2000/svg";

function mark(name, attributes, text = null) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== null) made.textContent = text;
  return made;
}

// Round numbers between two, about so many.
function ticks(low, high, about) {
  const least = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(least));
  const factors = [0.5, 1, 2, 5, 10];
  let at = factors.findIndex((factor, i) => i > 0 && factor * power >= least * 0.999);
  const ends = () => [Math.ceil(low / (factors[at] * power) - 1e-9), Math.floor(high / (factors[at] * power) + 1e-9)];
  // One number or two say little of a scale.
  if (ends()[1] - ends()[0] < 2) at -= 1;
  const step = factors[at] * power;
  const [first, last] = ends();
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

// From numbers to places, and back.
function scale([low, high], [from, to]) {
  const place = (x) => from + ((x - low) / (high - low)) * (to - from);
  place.back = (at) => low + ((at - from) / (to - from)) * (high - low);
  return place;
}

// SVG knows no infinity, and gets slow far outside.
const bounded = (x) => Math.max(-1e4, Math.min(1e4, x)).toFixed(1);
const route = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${bounded(x)} ${bounded(y)}`).join("");

// Lines and numbers along both axes of a picture.
function axes(across, up, frame, labels) {
  const group = mark("g", { class: "axes" });
  const [left, top, right, bottom] = frame;
  for (const x of across.ticks) {
    group.append(mark("path", { d: `M${across(x).toFixed(1)} ${bottom}v5` }));
    group.append(mark("text", { x: across(x).toFixed(1), y: bottom + 18, class: "below" }, across.written?.(x) ?? brief(x, 4)));
  }
  for (const [y, told] of up.ticks) {
    group.append(mark("path", { d: `M${left} ${up(y).toFixed(1)}h-5` }));
    group.append(mark("text", { x: left - 8, y: (up(y) + 4).toFixed(1), class: "beside" }, told));
  }
  group.append(mark("path", { d: `M${left} ${top}V${bottom}H${right}`, class: "axis" }));
  group.append(mark("text", { x: right, y: bottom + 34, class: "label beside" }, labels[0]));
  group.append(mark("text", { x: left - 8, y: top - 8, class: "label" }, labels[1]));
  return group;
}
