// What stands beside the picture in words: where we are, the learning rate, the steps as a table.
const MOST_ROWS = 100;
const pair = (vector, digits = 4) => (vector.length === 1 ? brief(vector[0], digits) : `(${vector.map((x) => brief(x, digits)).join(", ")})`);
const bracketed = (x) => (x < 0 ? `(${brief(x, 4)})` : brief(x, 4));

function say() {
  const run = main();
  const epoch = Math.min(state.at, run.points.length - 1);
  const [point, slope] = [run.points[epoch], run.gradients[epoch]];
  const where = state.tape.names.map((name, i) => `${name} = ${brief(point[i], 5)}`).join(", ");
  const parts = [`Epoch ${epoch} of ${state.epochs}: ${where}; loss ${brief(run.losses[epoch], 5)}; gradient ${pair(slope)}`];
  if (slope.length > 1) parts[0] += `, ${brief(run.norms[epoch], 4)} long`;
  const next = run.points[epoch + 1];
  if (next && isPlain(run.name)) {
    const steps = state.tape.names.map(
      (name, i) => `${name} = ${brief(point[i], 4)} − ${brief(run.rate, 4)}·${bracketed(slope[i])} = ${brief(next[i], 4)}`,
    );
    parts.push(`next ${steps.join(", ")}`);
  } else if (next) {
    parts.push(`next step ${pair(next.map((x, i) => x - point[i]))}`);
  } else if (epoch < state.epochs) {
    parts.push("a number is no number any more, so it ends here");
  }
  put(byId("says"), `${parts.join("; ")}.`);
  put(byId("count"), `epoch ${epoch} of ${state.epochs}`);
}

function explain() {
  const run = main();
  const report = reportOf(state.tape, pointAt(run));
  const lines = sentences(report);
  if (isPlain(run.name)) lines.push(toldRate(report, run.rate));
  else lines.push(`These are the rates of plain gradient descent. ${run.name} scales its steps by what it remembers, so its limits are others.`);
  byId("explained").replaceChildren(...lines.filter(Boolean).map((line) => cell("li", line)));
  const found = symptomsOf(run);
  const shown = found.map(({ kind, message }) => {
    const item = cell("li", cell("strong", kind === "rest" ? "arrived" : kind), `: ${message}`);
    item.className = kind;
    return item;
  });
  byId("symptoms").replaceChildren(...shown);
  byId("symptoms-title").hidden = byId("symptoms").hidden = shown.length === 0;
}

function fillSteps() {
  if (!byId("steps").open) return;
  const run = main();
  const every = Math.ceil(run.points.length / MOST_ROWS);
  const head = ["epoch", ...state.tape.names, "loss", "gradient", "its length"].map((word) => {
    const made = cell("th", word);
    made.scope = "col";
    return made;
  });
  byId("steps-head").replaceChildren(...head);
  const chosen = run.points.map((_, epoch) => epoch).filter((epoch) => epoch % every === 0 || epoch === run.points.length - 1);
  const rows = chosen.map((epoch) => {
    const first = cell("th", String(epoch));
    first.scope = "row";
    const numbers = run.points[epoch].map((x) => brief(x, 8));
    const rest = [...numbers, brief(run.losses[epoch], 8), pair(run.gradients[epoch], 6), brief(run.norms[epoch], 6)];
    const row = cell("tr", first, ...rest.map((text) => cell("td", text)));
    row.classList.toggle("now", epoch === Math.min(state.at, run.points.length - 1));
    return row;
  });
  byId("steps-body").replaceChildren(...rows);
  put(byId("steps-note"), every === 1 ? "" : `Every epoch that ${every} divides, and the last.`);
}

// The code that does the same in Python.
function asPython() {
  const quoted = (text) => JSON.stringify(text).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const written = (x) => (Number.isInteger(x) && Math.abs(x) < 1e15 ? `${x}.0` : String(x));
  // A character beyond 16 bits is two escapes in JSON, and one in Python.
  const formula = [...state.text].map((c) => (c.codePointAt(0) > 0xffff ? `\\U${c.codePointAt(0).toString(16).padStart(8, "0")}` : quoted(c).slice(1, -1))).join("");
  const start = state.tape.names.map((name, i) => `${quoted(name)}: ${written(state.start[i])}`).join(", ");
  const rates = racing().map((run) => `    ${quoted(run.name)}: ${written(run.rate)},`);
  const lines = ["from chainrule import minimize, parse", "", `loss = parse("${formula}")`, `start = {${start}}`];
  if (rates.length === 1) {
    const asked = `method=${quoted(state.method)}, learning_rate=${written(main().rate)}, n_epochs=${state.epochs}`;
    lines.push(`trace = minimize(loss, start, ${asked})`, "print(trace)", "print(trace.final.parameters)");
  } else {
    lines.push(
      "rates = {",
      ...rates,
      "}",
      "for name, rate in rates.items():",
      `    trace = minimize(loss, start, method=name, learning_rate=rate, n_epochs=${state.epochs})`,
      "    print(trace)",
      "    print(trace.final.parameters)",
    );
  }
  return `${lines.join("\n")}\n`;
}

function describePicture() {
  const { names: called } = state.tape;
  const ranges = called.map((name, i) => `${name} from ${brief(state.view[i][0], 4)} to ${brief(state.view[i][1], 4)}`);
  const paths = racing().map((run) => {
    const last = Math.min(state.at, run.points.length - 1);
    return `${run.name} from ${pair(run.points[0])} to ${pair(run.points[last])} after ${counted(last)}, loss ${brief(run.losses[last], 4)}`;
  });
  const kind = isLine() ? "Curve" : "Contour lines";
  byId("drawing").setAttribute("aria-label", `${kind} of ${state.text.slice(0, 200)}, ${ranges.join(", ")}. Paths: ${paths.join("; ")}.`);
}
