// What a constant rate does at a point: curvatures of the loss, limits, the best rate, epochs.
// Source: Nocedal & Wright (2006), Numerical Optimization, section 3.3.
const EPS = Number.EPSILON;
const MOST_BALANCED = 100; // beyond, the best constant rate swings for hundreds of epochs
const dot = (one, other) => one.reduce((sum, x, i) => sum + x * other[i], 0);
const product = (matrix, direction) => matrix.map((row) => dot(row, direction));

// The curvatures of one or two directions, ascending, and the directions.
function spectrum(hessian) {
  if (hessian.length === 1) return { values: [hessian[0][0]], vectors: [[1]] };
  const [[a, c], [b, d]] = hessian;
  const off = (b + c) / 2;
  const spread = Math.hypot((a - d) / 2, off);
  const values = [(a + d) / 2 - spread, (a + d) / 2 + spread];
  // The smaller in size is the determinant over the larger: no digits cancel.
  const far = Math.abs(values[0]) > Math.abs(values[1]) ? 0 : 1;
  if (values[far] !== 0) values[1 - far] = (a / values[far]) * d - (off / values[far]) * off;
  values.sort((one, other) => one - other);
  if (spread === 0) return { values, vectors: [[1, 0], [0, 1]] };
  const angle = Math.atan2(2 * off, a - d) / 2;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const vectors = [
    [-sin, cos],
    [cos, sin],
  ];
  return { values, vectors };
}

// The loss looks quadratic where its curvature is the same at two points, and in between.
function looksQuadratic(tape, point, gradient, hessian) {
  return [0.7320508, -0.4142136].every((part, turn) => {
    const step = point.map((x, i) => (1 + Math.abs(x)) * (i === turn ? part : 1 - part));
    const there = point.map((x, i) => x + step[i]);
    const here = product(hessian, step);
    const least = 1e-9 * Math.hypot(...here);
    const bent = product(tape.hessian(there), step).map((x, i) => x - here[i]);
    const change = tape.gradient(there).gradient.map((g, i) => g - gradient[i] - here[i]);
    return Math.hypot(...bent) <= least && Math.hypot(...change) <= least;
  });
}

function reportOf(tape, point) {
  const { value, gradient } = tape.gradient(point);
  const hessian = tape.hessian(point);
  const norm = Math.hypot(...gradient);
  const report = { at: point, names: tape.names, loss: value, norm, finite: true };
  if (![value, ...gradient, ...hessian.flat()].every(Number.isFinite)) return { ...report, finite: false };
  const { values, vectors } = spectrum(hessian);
  const [smallest, largest] = [values[0], values[values.length - 1]];
  const rounding = 10 * values.length * EPS * Math.max(...values.map(Math.abs));
  const unit = gradient.map((g) => g / norm);
  const upwards = values.filter((one) => one > rounding);
  const weights = vectors.map((vector) => dot(vector, gradient));
  Object.assign(report, { values, vectors, weights, rounding, smallest, largest });
  report.alongGradient = norm > 0 ? dot(unit, product(hessian, unit)) : NaN;
  report.steepest = inWords(vectors[vectors.length - 1], tape.names);
  report.flattest = inWords(vectors[0], tape.names);
  report.quadratic = looksQuadratic(tape, point, gradient, hessian);
  report.limit = largest > rounding ? 2 / largest : Infinity;
  report.flat = Math.abs(smallest) <= rounding;
  report.convex = smallest >= -rounding;
  report.best = report.convex && upwards.length ? 2 / (upwards[0] + largest) : null;
  report.condition = report.convex ? (report.flat ? Infinity : largest / smallest) : NaN;
  const drift = Math.hypot(...weights.filter((_, i) => Math.abs(values[i]) <= rounding));
  report.bottomless = report.quadratic && (!report.convex || drift > 1e-9 * norm);
  [report.auto, report.reason] = chosen(report);
  return report;
}

// A constant rate, and why it is this one.
function chosen({ at, values, norm, rounding, smallest, largest, quadratic }) {
  const steepest = Math.max(Math.abs(smallest), Math.abs(largest));
  const room = Math.max(1, Math.hypot(...at));
  if (steepest <= rounding || steepest === 0) {
    if (norm === 0) return [1, "there is neither slope nor curvature here, so any rate does the same"];
    return [
      (0.01 * room) / norm,
      "there is no curvature to go by, so the first step is a hundredth of the way from 0 to here, or 0.01",
    ];
  }
  const half = 1 / (steepest + rounding);
  let reason = "half of the stable limit, where no direction overshoots; the curvature may change";
  if (smallest < -rounding) {
    reason = "1 divided by the largest curvature of either sign, so that no step leaps";
  } else if (quadratic) {
    const least = values.find((one) => one > rounding);
    if (largest <= MOST_BALANCED * least) {
      return [2 / (least + largest), "the loss is quadratic, so the best constant rate here is so everywhere"];
    }
    reason =
      "half of the stable limit, where no direction overshoots; the best constant rate is " +
      "hardly below the limit, and would swing for long";
  }
  if (!quadratic && half * norm > room) {
    return [
      room / norm,
      "the curvature is so small here that a step by it would leap beyond what is known; " +
        "the first step is as long as the way from 0 to here, or 1",
    ];
  }
  return [half, reason];
}

// How many epochs bring the gradient down to a millionth, if the curvature stays; null for never.
function epochsAt({ norm, weights, values, rounding }, rate, tolerance = 1e-6) {
  if (norm === 0) return 0;
  const moved = values.map((_, i) => i).filter((i) => Math.abs(weights[i]) > 1e-12 * norm);
  const kept = moved.map((i) => Math.abs(1 - rate * values[i]));
  if (kept.some((one) => one >= 1) || moved.some((i) => Math.abs(values[i]) <= rounding)) return null;
  const length = (epochs) => Math.hypot(...moved.map((i, k) => (weights[i] / norm) * kept[k] ** epochs));
  const worst = Math.max(...kept);
  let high = worst === 0 ? 1 : Math.max(1, Math.ceil(Math.log(tolerance) / Math.log(worst)) + 1);
  let low = 0;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (length(middle) <= tolerance * (1 + 1e-12)) high = middle;
    else low = middle + 1;
  }
  return low;
}

// Name a direction by its largest components: one name where it is nearly that alone.
function inWords(direction, names) {
  const whole = dot(direction, direction);
  const more = (i, j) => direction[j] ** 2 - direction[i] ** 2;
  const order = direction.map((_, i) => i).sort((i, j) => (Math.abs(more(i, j)) > 1e-9 * whole ? more(i, j) : i - j));
  if (direction[order[0]] ** 2 / whole >= 0.9) return names[order[0]];
  const turn = Math.sign(direction[order[0]]) / Math.sqrt(whole);
  return order
    .map((i) => `${direction[i] * turn < 0 ? "-" : "+"} ${general(Math.abs(direction[i] * turn), 2)} ${names[i]}`)
    .join(" ")
    .replace(/^\+ /, "");
}
