// The picture of a function of two variables: ground, paths, start, and the way down from where we are.
const MARGIN = { left: 54, top: 22, right: 14, bottom: 42 };
const ARROW = 46; // pixels
let place = null; // how the picture stands on the screen: its scales and its frame
let ground = { key: "" };

function layOut() {
  const box = byId("plot").getBoundingClientRect();
  const [width, height] = [Math.round(box.width), Math.round(box.height)];
  const frame = [MARGIN.left, MARGIN.top, width - MARGIN.right, height - MARGIN.bottom];
  const across = scale(state.view[0], [frame[0], frame[2]]);
  across.ticks = ticks(...state.view[0], Math.max(2, (frame[2] - frame[0]) / 80));
  place = { width, height, frame, across, up: null };
  return place;
}

function drawPlane() {
  const { frame, across } = layOut();
  const up = scale(state.view[1], [frame[3], frame[1]]);
  up.ticks = ticks(...state.view[1], Math.max(2, (frame[3] - frame[1]) / 50)).map((y) => [y, brief(y, 4)]);
  place.up = up;
  const [width, height] = [Math.max(2, frame[2] - frame[0]), Math.max(2, frame[3] - frame[1])];
  const drawing = byId("drawing");
  const key = JSON.stringify([state.text, state.view, width, height, isDark()]);
  if (ground.key !== key) {
    const grid = gridOf(state.tape, state.view, width, height);
    const levels = levelsOf(grid);
    const lines = levels.map((level) => lineOf(grid, level, width, height));
    ground = { key, levels, lines, grid };
    paint(byId("ground"), grid, levels, width, height);
    tellRange(grid.values);
  }
  drawing.replaceChildren(clip(frame, "inside"));
  const inside = mark("g", { "clip-path": "url(#inside)" });
  const contour = mark("g", { class: "contour", transform: `translate(${frame[0]} ${frame[1]})` });
  contour.append(...ground.lines.map((d) => mark("path", { d })));
  inside.append(contour);
  const to = ([x, y]) => [across(x), up(y)];
  for (const point of state.landscape?.minima ?? []) inside.append(star(...to(point)));
  for (const run of racing()) if (run !== main()) inside.append(pathOf(run, to));
  inside.append(pathOf(main(), to), downhill(to));
  drawing.append(inside, axes(across, up, frame, state.tape.names));
  putHandle(...to(state.start));
}

function clip([left, top, right, bottom], id) {
  const path = mark("clipPath", { id });
  path.append(mark("rect", { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) }));
  return path;
}

function star(x, y) {
  const group = mark("g", { class: "minimum", transform: `translate(${bounded(x)} ${bounded(y)})` });
  group.append(mark("path", { d: "M-5-5 5 5M5-5-5 5", class: "halo" }), mark("path", { d: "M-5-5 5 5M5-5-5 5" }));
  return group;
}

const way = (name) => `way${names.indexOf(name) + 1}`;

// A run so far: its way, its steps while they can be told apart, and where it is.
function pathOf(run, to) {
  const group = mark("g", { class: run === main() ? "run main" : "run" });
  const points = run.points.slice(0, state.at + 1).filter((point) => point.every(Number.isFinite)).map(to).filter((at) => !at.some(Number.isNaN));
  if (!points.length) return group; // a curve has no height where the function is no number
  const d = route(points);
  group.append(mark("path", { d, class: "halo" }), mark("path", { d, class: way(run.name) }));
  if (run === main() && points.length <= 120) {
    const dots = points.slice(1, -1).map(([x, y]) => `M${bounded(x)} ${bounded(y)}h.01`);
    group.append(mark("path", { d: dots.join(""), class: `dots ${way(run.name)}` }));
  }
  const [x, y] = points[points.length - 1];
  group.append(mark("circle", { cx: bounded(x), cy: bounded(y), r: run === main() ? 6 : 4.5, class: `end ${way(run.name)}` }));
  return group;
}

// An arrow against the gradient, of one length: it stands across the line of the level.
function downhill(to) {
  const run = main();
  const epoch = Math.min(state.at, run.points.length - 1);
  const group = mark("g", { class: "downhill" });
  // Rounding has no direction.
  if (run.norms[epoch] <= ROUNDING * Math.max(...run.norms.filter(Number.isFinite))) return group;
  const [from, slope] = [to(run.points[epoch]), run.gradients[epoch]];
  const ahead = to(run.points[epoch].map((x, i) => x - slope[i]));
  const [dx, dy] = [ahead[0] - from[0], ahead[1] - from[1]];
  const length = Math.hypot(dx, dy);
  if (!(length > 0) || !Number.isFinite(length)) return group;
  const degrees = (Math.atan2(dy, dx) * 180) / Math.PI;
  group.setAttribute("transform", `translate(${bounded(from[0])} ${bounded(from[1])}) rotate(${degrees.toFixed(1)})`);
  const d = `M9 0H${ARROW - 10}M${ARROW} 0l-12-5v10z`;
  group.append(mark("path", { d, class: "halo" }), mark("path", { d }));
  return group;
}

function putHandle(x, y) {
  const [left, top, right, bottom] = place.frame;
  const handle = byId("handle");
  const isOut = !(x >= left - 1 && x <= right + 1 && y >= top - 1 && y <= bottom + 1);
  handle.style.left = `${Math.max(left, Math.min(right, x))}px`;
  handle.style.top = `${Number.isNaN(y) ? bottom : Math.max(top, Math.min(bottom, y))}px`;
  handle.classList.toggle("out", isOut);
  const told = state.tape.names.map((name, i) => `${name} = ${brief(state.start[i], 6)}`).join(", ");
  handle.setAttribute("aria-label", `Start at ${told}${isOut ? ", outside of the picture" : ""}; arrow keys move it`);
}

function tellRange(values) {
  const finite = values.filter(Number.isFinite);
  const gap = finite.length < values.length ? "; empty where there is no number" : "";
  const [low, high] = finite.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
  byId("lowest").textContent = finite.length ? brief(low, 4) : "no number here";
  byId("highest").textContent = finite.length ? brief(high, 4) + gap : "";
}
