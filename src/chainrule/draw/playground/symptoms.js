// What a run shows of itself: those of `optimize/symptoms` in Python, with its words and limits.
const GROWTH = 5; // epochs in a row
const TURNS = 20; // epochs looked at for ups and downs
const STILL = 10; // epochs without change that make a plateau
const AT_REST = 1e-6; // of the first gradient: a descent has arrived
const PATIENCE = 10; // times the epochs done: longer to go than that is slow
const MANY = 1000; // epochs to go that nobody minds
const BENT = 0.5; // of 1 divided by the rate: a curvature below it does not make a step turn back
const ROUNDING = 1e-12; // of all that the loss has changed

const differences = (column) => column.slice(1).map((x, i) => x - column[i]);
const sum = (column) => column.reduce((total, x) => total + x, 0);

// run: losses, norms, points, names; rate and report where plain gradient descent has them.
function diagnose(run) {
  const finite = run.losses.filter(Number.isFinite);
  const spread = finite.length ? Math.max(...finite) - Math.min(...finite) : 0;
  const told = { ...run, spread };
  const found = [];
  for (const check of [divergence, oscillation, plateau, slowness]) {
    const symptom = check(told);
    if (!symptom) continue;
    found.push(symptom);
    if (symptom.kind !== "oscillation") break; // what diverges or stands still is not slow as well
  }
  return found;
}

// Growth is explained by where it began, swings by the middle between the last two points, and the
// rest by where the run has come to.
function seenFrom({ kind, since }, points) {
  if (kind === "divergence") return points[since];
  const last = points[points.length - 1];
  if (kind !== "oscillation") return last;
  return last.map((x, i) => (x + points[points.length - 2][i]) / 2);
}

function divergence(run) {
  const { losses } = run;
  const first = losses.findIndex((loss) => !Number.isFinite(loss));
  const end = first < 0 ? losses.length : first;
  if (end === 0) {
    const what = `the loss is ${brief(losses[0], 6)} before the first step: start where it is a number.`;
    return { kind: "divergence", since: 0, message: what };
  }
  let since = end - 1;
  while (since > 0 && losses[since] > losses[since - 1]) since -= 1;
  const grown = end - 1 - since;
  let what;
  if (first < 0) {
    const [low, high] = [losses[since], losses[end - 1]];
    if (grown < GROWTH || high - low <= Math.max(AT_REST * Math.abs(low), ROUNDING * run.spread)) return null;
    what = `the loss grew ${grown} epochs in a row from epoch ${since}, from ${six(low)} to ${six(high)}`;
  } else if (losses[end] === -Infinity) {
    const message = `the loss became ${brief(losses[end], 6)} at epoch ${end}: it has no least value this way.`;
    return { kind: "divergence", since, message };
  } else {
    what = `the loss became ${brief(losses[end], 6)} at epoch ${end}`;
    if (grown) what += `, after it grew ${grown} epoch${grown === 1 ? "" : "s"} in a row from epoch ${since}`;
  }
  return { kind: "divergence", since, message: `${what}${whyItGrew(run, since, end)}.` };
}

function whyItGrew(run, since, end) {
  const { rate, report } = run;
  if (rate === undefined) return ": use a smaller rate";
  if (report && report.limit < Infinity) {
    if (rate > report.limit) {
      return (
        `: rate ${six(rate)} is above the stable limit ${six(report.limit)} along ` +
        `${report.steepest}; try ${typed(report.auto)}`
      );
    }
    return (
      `: rate ${six(rate)} is below the stable limit ${six(report.limit)} where that was taken, so ` +
      `the curvature is larger here; try ${typed(rate / 4)}`
    );
  }
  const atMost = limitByGrowth(run, since, end);
  if (Number.isNaN(atMost)) return `: rate ${six(rate)} is too large; try ${typed(rate / 4)}`;
  return (
    `: rate ${six(rate)} is above the stable limit, which by this growth is about ` +
    `${general(atMost, 4)}; try ${typed(atMost / 2)}`
  );
}

// Along the steepest direction an epoch multiplies the gradient by 1 - rate * curvature.
function limitByGrowth({ norms, rate }, since, end) {
  if (end - since < 2) return NaN;
  const factor = norms[end - 1] / norms[end - 2];
  return Number.isFinite(factor) && factor > 1 ? (2 * rate) / (1 + factor) : NaN;
}

function oscillation(run) {
  const losses = run.losses.slice(-TURNS - 1);
  if (losses.length < STILL + 1 || !losses.every(Number.isFinite)) return null;
  const changes = differences(losses);
  const rises = sum(changes.filter((x) => x > 0));
  const turns = changes.slice(1).filter((x, i) => x * changes[i] < 0).length;
  const scale = Math.max(AT_REST * Math.max(...losses.map(Math.abs)), ROUNDING * run.spread);
  if (turns < changes.length / 5 || rises <= scale || !climbs(losses)) return overshooting(run);
  return {
    kind: "oscillation",
    message:
      `the loss goes up and down: it turned ${turns} times in the last ${changes.length} epochs, between ` +
      `${six(Math.min(...losses))} and ${six(Math.max(...losses))}${whyItSwings(run)}.`,
  };
}

// Whether losses climb a good part of what they fall.
function climbs(losses) {
  const changes = differences(losses);
  return sum(changes.filter((x) => x > 0)) >= -sum(changes.filter((x) => x < 0)) / 4;
}

function overshooting(run) {
  if (run.points.length < STILL + 2) return null;
  const columns = run.names.map((_, i) => differences(run.points.map((point) => point[i])));
  const sizes = columns.map((steps) => Math.abs(steps[steps.length - 1]));
  const most = Math.max(...columns.flatMap((steps) => steps.map(Math.abs)));
  // Neither a tremble beside what others do, nor the rounding around a minimum.
  const least = Math.max(0.1 * Math.max(...sizes), AT_REST * most);
  const turning = columns.map((steps, i) => {
    const late = steps.slice(-STILL - 1);
    return sizes[i] > least && late.slice(1).every((x, k) => x * late[k] < 0);
  });
  const place = turning.reduce((best, on, i) => (on && (best < 0 || sizes[i] > sizes[best]) ? i : best), -1);
  if (place < 0) return null;
  const late = columns[place].slice(-STILL - 1);
  const kept = (sizes[place] / Math.abs(late[0])) ** (1 / STILL);
  return {
    kind: "oscillation",
    message:
      `${run.names[place]} overshoots: its step turned back in each of the last ${STILL} epochs, ` +
      `and was ${general(kept, 2)} times the one before${whyItSwings(run)}.`,
  };
}

// Whether the loss is curved along the swing: across a kink it is not, nor over a hump.
function bends({ rate, points }, { values, vectors }) {
  if (points.length < 3) return true;
  const [first, second, third] = points.slice(-3);
  // What goes on in one direction falls out of the second difference.
  const turn = first.map((x, i) => x - 2 * second[i] + third[i]);
  const size = Math.hypot(...turn);
  if (!(size > 0 && size < Infinity)) return true;
  return !(sum(vectors.map((vector, i) => values[i] * (dot(vector, turn) / size) ** 2)) * rate < BENT);
}

function whyItSwings(run) {
  const { rate, report } = run;
  if (rate === undefined) return ": steps overshoot; use a smaller rate";
  if (report && rate > report.limit / 2 && bends(run, report)) {
    const above = rate > report.limit ? "above" : "above half of";
    const where = report.quadratic ? "" : ` at ${whereOf(report)}`;
    return (
      `: rate ${six(rate)} is ${above} the stable limit ${six(report.limit)}${where}, where steps overshoot ` +
      `along ${report.steepest}; try ${typed(Math.min(report.auto, report.limit / 2))}`
    );
  }
  return `: steps overshoot; try ${typed(rate / 2)}, or let the rate fall from epoch to epoch`;
}

function plateau(run) {
  const { losses, norms } = run;
  const last = losses[losses.length - 1];
  const bound = Math.max(1e-9 * Math.abs(last), ROUNDING * run.spread);
  let since = losses.length;
  while (since > 0 && !(Math.abs(losses[since - 1] - last) > bound)) since -= 1;
  const still = losses.length - 1 - since;
  if (still < STILL || !Number.isFinite(last)) return null;
  const what = `the loss has stood at ${six(last)} for ${still.toLocaleString("en")} epochs`;
  const largest = Math.max(...norms);
  const [begin, end] = [norms[0], norms[norms.length - 1]];
  if (since === 0 && begin > 0) {
    const why = ` since the start, where the gradient is ${general(begin, 4)} long: start elsewhere, or use a larger rate`;
    return { kind: "plateau", message: `${what}${why}.` };
  }
  if (end <= AT_REST * largest) {
    const gone = largest === 0 || end === 0 ? "0" : general(end / largest, 2);
    return {
      kind: "rest",
      message: `${what}, and the gradient is down to ${gone} of its largest: it has arrived.`,
    };
  }
  const why =
    `, though the gradient is still ${general(end / largest, 2)} of its largest: the steps are too short, ` +
    "or turn on the spot; change the rate";
  return { kind: "plateau", message: `${what}${why}.` };
}

function slowness(run) {
  const { norms } = run;
  const done = run.losses.length - 1;
  const count = Math.max(1, Math.floor(done / 2));
  const [before, now] = [norms[norms.length - 1 - count], norms[norms.length - 1]];
  const kept = done >= 2 && before > 0 && now > 0 ? (now / before) ** (1 / count) : NaN;
  const left = now / norms[0];
  if (done < STILL || !(kept > 0 && kept < 1) || left <= AT_REST) return null;
  if (climbs(run.losses.slice(-TURNS - 1))) return null;
  const toGo = Math.log(AT_REST / left) / Math.log(kept);
  if (toGo < Math.max(MANY, PATIENCE * done)) return null;
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(toGo)) - 1);
  const rounded = Math.round(Math.ceil(toGo / unit) * unit);
  return {
    kind: "slowness",
    message:
      `progress is slow: an epoch takes ${general(100 * (1 - kept), 2)} % off the gradient, ` +
      "so at this pace, which seldom grows, " +
      `it is at least ${rounded.toLocaleString("en")} more epochs to a millionth of the first` +
      `${whySlow(run)}.`,
  };
}

function whySlow({ rate, report }) {
  if (rate === undefined || !report || report.limit === Infinity) return ": use a larger rate, or momentum";
  if (rate < report.limit / 10) {
    return `: rate ${six(rate)} is far below the stable limit ${six(report.limit)}; try ${typed(report.auto)}`;
  }
  return (
    `: rate ${six(rate)} is near the stable limit ${six(report.limit)}, and the condition number is ` +
    `${general(report.condition, 4)}; use momentum or second derivatives`
  );
}
