// The picture of a function of one variable: its curve, and the tangent at every step.
const TANGENT = 70; // pixels to either side
const FORMER = 25; // tangents of steps before that are still shown

function drawLine() {
  const { frame, across } = layOut();
  const [left, , right] = frame;
  const xs = Array.from({ length: Math.max(2, right - left + 1) }, (_, i) => across.back(left + i));
  const curve = xs.map((x) => state.tape.value([x]));
  const up = scale(rangeOf(curve), [frame[3], frame[1]]);
  up.ticks = ticks(...rangeOf(curve), Math.max(2, (frame[3] - frame[1]) / 50)).map((y) => [y, brief(y, 4)]);
  place.up = up;
  ground = { key: "" };
  const canvas = byId("ground");
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  tellRange(curve);
  const drawing = byId("drawing");
  drawing.replaceChildren(clip(frame, "inside"));
  const inside = mark("g", { "clip-path": "url(#inside)" });
  const pieces = [];
  curve.forEach((y, i) => {
    if (!Number.isFinite(y)) return;
    const joined = i > 0 && Number.isFinite(curve[i - 1]);
    pieces.push(`${joined ? "L" : "M"}${(left + i).toFixed(1)} ${bounded(up(y))}`);
  });
  inside.append(mark("path", { d: pieces.join(""), class: "curve" }));
  const to = ([x]) => [across(x), up(state.tape.value([x]))];
  for (const point of state.landscape?.minima ?? []) inside.append(star(...to(point)));
  inside.append(tangents());
  for (const run of racing()) if (run !== main()) inside.append(pathOf(run, to));
  inside.append(pathOf(main(), to));
  drawing.append(inside, axes(across, up, frame, [state.tape.names[0], "f"]));
  putHandle(...to(state.start));
}

// From the lowest to the highest value, but for a pole's.
function rangeOf(curve) {
  const finite = curve.filter(Number.isFinite).sort((a, b) => a - b);
  if (!finite.length) return [-1, 1];
  const at = (part) => finite[Math.round(part * (finite.length - 1))];
  const inner = at(0.98) - at(0.02);
  const low = at(0) < at(0.02) - 3 * inner ? at(0.02) : at(0);
  const high = at(1) > at(0.98) + 3 * inner ? at(0.98) : at(1);
  const pad = (high - low) * 0.06 || 1;
  return [low - pad, high + pad];
}

function tangents() {
  const group = mark("g", { class: "tangents" });
  const { across, up } = place;
  const run = main();
  const last = Math.min(state.at, run.points.length - 1);
  for (let epoch = Math.max(0, last - FORMER); epoch <= last; epoch += 1) {
    const [x, y] = [across(run.points[epoch][0]), up(run.losses[epoch])];
    const rise = up(run.losses[epoch] + run.gradients[epoch][0]) - up(run.losses[epoch]);
    const level = across(run.points[epoch][0] + 1) - x;
    const length = Math.hypot(rise, level);
    if (![x, y, length].every(Number.isFinite) || length === 0) continue;
    const [dx, dy] = [(TANGENT * level) / length, (TANGENT * rise) / length];
    const d = route([[x - dx, y - dy], [x + dx, y + dy]]);
    group.append(mark("path", { d, class: epoch === last ? "tangent now" : "tangent" }));
  }
  return group;
}
