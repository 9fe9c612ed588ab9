// The ground of a function of two variables: its values on a grid, bands of colour, lines of a level.
const FINENESS = 4; // pixels between two places of the grid

function gridOf(tape, view, width, height) {
  const columns = Math.max(2, Math.round(width / FINENESS) + 1);
  const rows = Math.max(2, Math.round(height / FINENESS) + 1);
  const values = new Float64Array(columns * rows);
  const [[left, right], [low, high]] = view;
  for (let j = 0; j < rows; j += 1) {
    for (let i = 0; i < columns; i += 1) {
      const x = left + (i / (columns - 1)) * (right - left);
      values[j * columns + i] = tape.value([x, high - (j / (rows - 1)) * (high - low)]);
    }
  }
  return { columns, rows, values };
}

// Levels with as much of the picture between each two, and some more close to the lowest place.
function levelsOf({ values }) {
  const finite = values.filter(Number.isFinite).sort();
  if (!finite.length || finite[0] === finite[finite.length - 1]) return [];
  const at = (part) => finite[Math.floor(part * (finite.length - 1))];
  const low = finite[0];
  const parts = [0.07, 0.14, 0.22, 0.3, 0.38, 0.46, 0.54, 0.62, 0.7, 0.78, 0.86, 0.94].map(at);
  const near = [0.02, 0.1, 0.3, 0.6].map((part) => low + part * (parts[0] - low));
  const step = (parts[0] - low) * 1e-3 || 1e-300;
  return [...new Set([...near, ...parts])].filter((level, i, all) => level > low && (i === 0 || level - all[i - 1] > step));
}

const shade = (name) =>
  getComputedStyle(document.documentElement)
    .getPropertyValue(name)
    .trim()
    .match(/[0-9a-f]{2}/gi)
    .map((part) => parseInt(part, 16));

// Paint every pixel in the colour of its band; where there is no number, nothing.
function paint(canvas, { columns, rows, values }, levels, width, height) {
  const [low, high] = [shade("--deep"), shade("--high")];
  const bands = Array.from({ length: levels.length + 1 }, (_, k) =>
    low.map((part, c) => part + (high[c] - part) * (levels.length ? k / levels.length : 0.5)),
  );
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  for (let py = 0; py < height; py += 1) {
    const y = (py / Math.max(1, height - 1)) * (rows - 1);
    const j = Math.min(rows - 2, Math.floor(y));
    for (let px = 0; px < width; px += 1) {
      const x = (px / Math.max(1, width - 1)) * (columns - 1);
      const i = Math.min(columns - 2, Math.floor(x));
      const corner = j * columns + i;
      const above = values[corner] + (values[corner + 1] - values[corner]) * (x - i);
      const below = values[corner + columns] + (values[corner + columns + 1] - values[corner + columns]) * (x - i);
      const value = above + (below - above) * (y - j);
      if (Number.isNaN(value)) continue;
      let band = 0;
      while (band < levels.length && value > levels[band]) band += 1;
      const place = 4 * (py * width + px);
      [image.data[place], image.data[place + 1], image.data[place + 2]] = bands[band];
      image.data[place + 3] = 255;
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// The lines of one level over the grid: marching squares.
// Source: Lorensen & Cline (1987), in the plane; a saddle is cut by the mean of its corners.
function lineOf({ columns, rows, values }, level, width, height) {
  const cuts = [];
  const [dx, dy] = [width / (columns - 1), height / (rows - 1)];
  for (let j = 0; j < rows - 1; j += 1) {
    for (let i = 0; i < columns - 1; i += 1) {
      const at = j * columns + i;
      const corners = [values[at], values[at + 1], values[at + columns + 1], values[at + columns]];
      const over = corners.map((value) => value > level);
      if (over.every((one) => one === over[0]) || !corners.every(Number.isFinite)) continue;
      const sides = [];
      for (let side = 0; side < 4; side += 1) {
        const next = (side + 1) % 4;
        if (over[side] === over[next]) continue;
        const part = (level - corners[side]) / (corners[next] - corners[side]);
        const [x, y] = [[part, 0], [1, part], [1 - part, 1], [0, 1 - part]][side];
        sides.push(`${((i + x) * dx).toFixed(1)} ${((j + y) * dy).toFixed(1)}`);
      }
      const turned = sides.length === 4 && (corners[0] + corners[1] + corners[2] + corners[3]) / 4 > level === over[0];
      const pairs = turned ? [1, 2, 3, 0] : [0, 1, 2, 3];
      for (let k = 0; k < sides.length; k += 2) cuts.push(`M${sides[pairs[k]]}L${sides[pairs[k + 1]]}`);
    }
  }
  return cuts.join("");
}
