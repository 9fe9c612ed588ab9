// The methods of descent, each what it starts from and how it steps, in the order of Python's
// arithmetic: vectors are lists, a state is handed back and never changed.
const zeros = (point) => point.map(() => 0);
const decayed = (gradient, point, decay) => (decay === 0 ? gradient : gradient.map((g, i) => g + decay * point[i]));
const shrunk = (step, point, share) => (share === 0 ? step : step.map((s, i) => s - share * point[i]));
const blend = (old, fresh, weight) =>
  fresh.map((x, i) => (weight < 0.5 ? (x - old[i]) * weight + old[i] : (x - old[i]) * (weight - 1) + x));
const meanSquare = (old, slope, beta) => slope.map((g, i) => g * (1 - beta) * g + old[i] * beta);
// 0 over 0 is 0 where nothing keeps the divisor from it.
const over = (slope, divisor, eps) => slope.map((g, i) => (eps === 0 && divisor[i] === 0 ? 0 : g / divisor[i]));

function velocity(nesterov) {
  return {
    init: (point, { momentum }) => (momentum === 0 ? {} : { count: 0, velocity: zeros(point) }),
    update(gradient, state, point, rate, { momentum, dampening = 0, weight_decay }) {
      const slope = decayed(gradient, point, weight_decay);
      if (momentum === 0) return [slope.map((g) => g * -rate), {}];
      const moved = slope.map((g, i) =>
        state.count === 0 ? g : state.velocity[i] * momentum + (dampening === 0 ? g : g * (1 - dampening)),
      );
      const step = moved.map((v, i) => (nesterov ? v * momentum + slope[i] : v) * -rate);
      return [step, { count: state.count + 1, velocity: moved }];
    },
  };
}

function moveAdam(gradient, state, point, rate, { betas, eps, weight_decay, amsgrad }) {
  const slope = decayed(gradient, point, weight_decay);
  const count = state.count + 1;
  const mean = blend(state.mean, slope, 1 - betas[0]);
  const square = meanSquare(state.square, slope, betas[1]);
  const largest = amsgrad ? square.map((s, i) => Math.max(state.largest[i], s)) : square;
  const root = (1 - betas[1] ** count) ** 0.5;
  const divisor = largest.map((s) => Math.sqrt(s) / root + eps);
  const factor = -rate / (1 - betas[0] ** count);
  const step = over(mean, divisor, eps).map((s) => s * factor);
  return [step, { count, mean, square, largest }];
}

const adaptive = (amsgrad) => ({
  init: (point) => ({ count: 0, mean: zeros(point), square: zeros(point), largest: zeros(point) }),
  update: (gradient, state, point, rate, options) =>
    moveAdam(gradient, state, point, rate, amsgrad ? { ...options, amsgrad } : options),
});

const METHODS = {
  "gradient descent": velocity(false),
  momentum: velocity(false),
  nesterov: velocity(true),
  adagrad: {
    init: (point, { initial_accumulator_value }) => ({ count: 0, sum: point.map(() => initial_accumulator_value) }),
    update(gradient, state, point, rate, { lr_decay, weight_decay, eps }) {
      const slope = decayed(gradient, point, weight_decay);
      const sum = slope.map((g, i) => g * g + state.sum[i]);
      const factor = -rate / (1 + state.count * lr_decay);
      const divisor = sum.map((s) => Math.sqrt(s) + eps);
      return [over(slope, divisor, eps).map((s) => s * factor), { count: state.count + 1, sum }];
    },
  },
  rmsprop: {
    init: (point) => ({ square: zeros(point), mean: zeros(point), velocity: zeros(point) }),
    update(gradient, state, point, rate, { alpha, eps, weight_decay, momentum, centered }) {
      const slope = decayed(gradient, point, weight_decay);
      const square = meanSquare(state.square, slope, alpha);
      const mean = centered ? blend(state.mean, slope, 1 - alpha) : state.mean;
      // A slope that stays the same has no variance, and rounding may leave less than none.
      const spread = centered ? square.map((s, i) => Math.max(s - mean[i] * mean[i], 0)) : square;
      const scaled = over(slope, spread.map((s) => Math.sqrt(s) + eps), eps);
      const moved = momentum > 0 ? state.velocity.map((v, i) => v * momentum + scaled[i]) : scaled;
      return [moved.map((s) => s * -rate), { square, mean, velocity: moved }];
    },
  },
  adam: adaptive(false),
  adamw: {
    init: adaptive(false).init,
    update(gradient, state, point, rate, options) {
      const [step, following] = moveAdam(gradient, state, point, rate, { ...options, weight_decay: 0 });
      return [shrunk(step, point, rate * options.weight_decay), following];
    },
  },
  amsgrad: adaptive(true),
  nadam: {
    init: (point) => ({ count: 0, product: 1, mean: zeros(point), square: zeros(point) }),
    update(gradient, state, point, rate, { betas, eps, weight_decay, momentum_decay, decoupled_weight_decay }) {
      const slope = decayed(gradient, point, decoupled_weight_decay ? 0 : weight_decay);
      const count = state.count + 1;
      const [now, ahead] = [count, count + 1].map((steps) => betas[0] * (1 - 0.5 * 0.96 ** (steps * momentum_decay)));
      const product = state.product * now;
      const mean = blend(state.mean, slope, 1 - betas[0]);
      const square = meanSquare(state.square, slope, betas[1]);
      const divisor = square.map((s) => Math.sqrt(s / (1 - betas[1] ** count)) + eps);
      const whole = slope.map((g, i) => g * ((1 - now) / (1 - product)) + mean[i] * (ahead / (1 - product * ahead)));
      const step = over(whole, divisor, eps).map((s) => s * -rate);
      return [shrunk(step, point, decoupled_weight_decay ? rate * weight_decay : 0), { count, product, mean, square }];
    },
  },
  lion: {
    init: (point) => ({ mean: zeros(point) }),
    update(gradient, state, point, rate, { betas, weight_decay }) {
      const mean = gradient.map((g, i) => g * (1 - betas[1]) + state.mean[i] * betas[1]);
      const step = gradient.map((g, i) => Math.sign(state.mean[i] * betas[0] + g * (1 - betas[0])) * -rate);
      return [shrunk(step, point, rate * weight_decay), { mean }];
    },
  },
};

// Descend for so many epochs, or until a number is no number any more.
function descend(tape, name, start, rate, epochs, options = settings[name].options) {
  const { init, update } = METHODS[name];
  const run = { name, rate, points: [], losses: [], gradients: [], norms: [] };
  let point = start;
  let state = init(point, options);
  for (let epoch = 0; ; epoch += 1) {
    const { value, gradient } = tape.gradient(point);
    run.points.push(point);
    run.losses.push(value);
    run.gradients.push(gradient);
    run.norms.push(Math.hypot(...gradient));
    if (epoch === epochs || ![value, ...gradient].every(Number.isFinite)) return run;
    const [step, following] = update(gradient, state, point, rate, options);
    point = point.map((x, i) => x + step[i]);
    state = following;
  }
}
