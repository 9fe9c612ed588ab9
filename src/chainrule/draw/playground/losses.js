const EXPLODED = 6; // powers of ten above the largest loss at a start: a line that only diverges from there

// The loss over the epochs, on a logarithmic scale, one line for each run.
function drawLosses() {
  const box = byId("losses").getBoundingClientRect();
  const [width, height] = [Math.round(box.width), Math.round(box.height)];
  const frame = [62, 24, width - 14, height - 40];
  const all = racing().flatMap((run) => run.losses.filter(Number.isFinite));
  const least = all.reduce((low, x) => Math.min(low, x), Infinity);
  // A logarithm wants numbers above 0: the height above the minimum, where that is known.
  const known = state.landscape?.minimum ?? null;
  const base = known !== null && known <= least ? known : least > 0 ? 0 : least;
  const called = base === 0 ? "loss" : `loss above ${base === known ? "the minimum" : "the least seen"}, ${brief(base, 6)}`;
  const above = all.map((x) => x - base).filter((x) => x > 0);
  const starts = racing().map((run) => run.losses[0] - base).filter((x) => x > 0 && Number.isFinite(x));
  const most = starts.length ? Math.log10(Math.max(...starts)) + EXPLODED : Infinity;
  const top = Math.min(most, Math.log10(above.reduce((high, x) => Math.max(high, x), 1e-300)));
  const bottom = Math.max(Math.log10(above.reduce((low, x) => Math.min(low, x), Infinity)), top - 17);
  const pad = 0.05 * (top - bottom || 1);
  const range = above.length ? [bottom - pad, top + pad] : [-1, 1];
  const across = scale([0, state.epochs], [frame[0], frame[2]]);
  across.written = (epoch) => epoch.toLocaleString("en");
  across.ticks = ticks(0, state.epochs, Math.max(2, (frame[2] - frame[0]) / 90)).filter(Number.isInteger);
  const up = scale(range, [frame[3], frame[1]]);
  const rows = Math.max(2, (frame[3] - frame[1]) / 36);
  up.ticks = ticks(...range, rows).filter((y) => range[1] - range[0] < 2 || Number.isInteger(y));
  up.ticks = up.ticks.map((y) => [y, brief(10 ** y, 2)]);
  const picture = byId("losses");
  picture.replaceChildren(clip(frame, "losses-inside"));
  const inside = mark("g", { "clip-path": "url(#losses-inside)" });
  for (const run of [...racing().filter((one) => one !== main()), main()]) {
    const points = run.losses.map((loss, epoch) => [across(epoch), loss - base > 0 ? Math.min(frame[3], up(Math.log10(loss - base))) : frame[3]]);
    const finite = points.filter((_, epoch) => Number.isFinite(run.losses[epoch]));
    const d = route(finite);
    const group = mark("g", { class: run === main() ? "run main" : "run" });
    group.append(mark("path", { d, class: "halo" }), mark("path", { d, class: way(run.name) }));
    inside.append(group);
  }
  const at = across(Math.min(state.at, state.epochs)).toFixed(1);
  picture.append(inside, mark("path", { d: `M${at} ${frame[1]}V${frame[3]}`, class: "here" }));
  picture.append(axes(across, up, frame, ["epoch", ""]));
  picture.append(mark("text", { x: 4, y: 14, class: "label" }, `${called} (logarithmic)`));
  const ends = racing().map((run) => `${run.name} from ${brief(run.losses[0], 4)} to ${brief(run.losses[run.losses.length - 1], 4)}`);
  picture.setAttribute("aria-label", `${called} over ${counted(state.epochs)}, logarithmic: ${ends.join("; ")}`);
}
