// The report on the learning rate told as sentences: those of `optimize/wording` in Python.
const six = (x) => (Number.isFinite(x) && x !== 0 ? general(x, 6) : brief(x, 6));
const counted = (epochs) => `${epochs.toLocaleString("en")} epoch${epochs === 1 ? "" : "s"}`;

// A rate to two digits, rounded down, as something to type.
function typed(rate) {
  if (!(rate > 0) || rate === Infinity) return six(rate);
  const unit = 10 ** (Math.floor(Math.log10(rate)) - 1);
  return six(Math.floor((rate / unit) * (1 + 1e-12)) * unit);
}

const whereOf = (report) => report.names.map((name, i) => `${name} = ${six(report.at[i])}`).join(", ");

function sentences(report) {
  const first = `Learning rate at ${whereOf(report)}, where the loss is ${six(report.loss)} and its gradient ${six(report.norm)} long.`;
  if (!report.finite) {
    return [first, "A derivative is not finite here, so there is no curvature to speak of. Look a little beside this point."];
  }
  return [
    first,
    report.quadratic
      ? "The loss looks quadratic: its curvature is the same at two points."
      : "The loss is not quadratic: what follows holds near here.",
    curvature(report),
    limit(report),
    ...best(report),
    `learning_rate="auto" takes ${six(report.auto)}: ${report.reason}.`,
  ];
}

function curvature(report) {
  if (report.limit === Infinity && report.flat) {
    return "The loss has no curvature here: it is as steep a little further on.";
  }
  const { smallest, largest, steepest, flattest } = report;
  let along = Number.isNaN(report.alongGradient) ? "" : `, and ${six(report.alongGradient)} along the gradient`;
  let span = `The curvature is from ${six(smallest)} (along ${flattest}) to ${six(largest)} (along ${steepest})`;
  if (Math.abs(largest - smallest) <= 1e-12 * Math.max(Math.abs(largest), Math.abs(smallest))) {
    span = `The curvature is ${six(largest)}`;
    along = "";
  }
  if (!report.convex) {
    const ways = report.limit === Infinity ? "downwards" : "both ways";
    return (
      `${span}${along}: the loss curves ${ways}, so this is not yet near a minimum; ` +
      `descent leaves along ${flattest}.`
    );
  }
  if (report.flat) {
    return `${span}${along}: along ${flattest} it is 0 to rounding, so the minimum is no single point.`;
  }
  return `${span}${along}: condition number ${six(report.condition)}.`;
}

function limit(report) {
  if (report.bottomless) return "The loss falls forever: no rate comes to a minimum, for there is none.";
  if (report.limit === Infinity) return "There is no stable limit: no direction curves upwards.";
  return (
    `Stable limit: ${six(report.limit)}, 2 divided by the largest curvature. Beyond it ` +
    `descent diverges along ${report.steepest}.`
  );
}

function best(report) {
  if (report.best === null || report.bottomless) return [];
  const told = `Best constant rate: ${six(report.best)}`;
  const epochs = epochsAt(report, report.best);
  if (report.norm === 0) return [`${told}; but the gradient is 0 here, so nothing moves.`];
  if (epochs === null) return [`${told}.`];
  if (report.quadratic) {
    return [`${told}, which brings the gradient down to a millionth in ${counted(epochs)}.`];
  }
  return [
    `${told}; if the curvature stayed as it is here, it would bring the gradient down to a ` +
      `millionth in ${counted(epochs)}.`,
  ];
}

// What a rate does at the report's point.
function toldRate(report, rate) {
  if (!report.finite) return "";
  const { limit: at, steepest, quadratic } = report;
  const factor = 1 - rate * report.largest;
  if (report.bottomless) return `Rate ${six(rate)} finds no minimum: the loss falls forever.`;
  if (at === Infinity) return `Rate ${six(rate)} is below every limit: no direction curves upwards here.`;
  if (rate > at) {
    const end = quadratic ? "descent diverges" : "descent moves away while near here";
    return (
      `Rate ${six(rate)} is above the stable limit ${six(at)} along ${steepest}: each epoch ` +
      `multiplies the distance from the minimum there by ${six(factor)}, so ${end}. Try ${typed(report.auto)}.`
    );
  }
  const epochs = epochsAt(report, rate);
  const about = quadratic ? "About" : "If the curvature stayed as it is, about";
  const pace = epochs
    ? ` ${about} ${counted(epochs)} bring the gradient down to a millionth.`
    : "";
  if (rate > at / 2) {
    return (
      `Rate ${six(rate)} is below the stable limit ${six(at)}, and above half of it: along ${steepest} ` +
      `each epoch overshoots the minimum and keeps ${six(-factor)} of the distance, so descent ` +
      `oscillates and converges.${pace}`
    );
  }
  return `Rate ${six(rate)} is below the stable limit ${six(at)}: descent converges without overshooting.${pace}`;
}
