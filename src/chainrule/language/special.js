// The functions that JavaScript's Math lacks, by the formulas of special.py and gamma.py, whose
// tables stand before this text as constants. Relative errors are below 1e-14, but near zeros of
// the gamma functions left of 0.

function polynomial(coefficients, x) {
  return coefficients.reduceRight((total, coefficient) => total * x + coefficient);
}

// exp(x * x) * erfc(x) * (x + 2.5) for x from 1 to 28, in powers of (x - 2.5) / (x + 2.5).
// Interpolated at Chebyshev nodes in 60 digits; the remainder is below 6e-19.
const ERFC_TAIL = [
  1.054031820305718, -0.8046518494391489, 0.45391411664809744, -0.17125114524604682,
  0.02836155013191492, 0.008393044302455577, -0.004818785521333394, -0.0004392082653733381,
  0.0007026936984326858, 5.830775977396831e-5, -0.00011260459747370145, -1.9531730119887776e-5,
  1.824278250686665e-5, 6.751968710145296e-6, -2.3247706514954674e-6, -1.9584796534738075e-6,
  -2.7897008221981836e-8, 4.5312982220165093e-7, 1.6938588282897188e-7, -9.809621416507052e-8,
  -6.065884754875392e-8, 2.8137286891776173e-8,
];

// exp(-share * x * x), where rounding x * x would cost hundreds of units in the last place: the
// square of a number of 24 bits is exact.
function gaussian(x, share) {
  const high = Math.fround(x);
  return Math.exp(-share * high * high) * Math.exp(-share * (x - high) * (x + high));
}

function erfcTail(x) {
  return polynomial(ERFC_TAIL, (x - 2.5) / (x + 2.5)) / (x + 2.5);
}

// Source: DLMF 7.6.1.
function erf(x) {
  if (Math.abs(x) >= 1) return Math.sign(x) * (1 - erfc(Math.abs(x)));
  let power = x;
  let total = x;
  for (let n = 1; n < 24; n += 1) {
    power *= (-x * x) / n;
    total += power / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

function erfc(x) {
  if (x <= -1) return 2 - erfc(-x);
  if (x >= 1) return x > 28 ? 0 : gaussian(x, 1) * erfcTail(x);
  return 1 - erf(x);
}

function normalShare(x) {
  const z = -x * Math.SQRT1_2;
  return z >= 1 && z < 28 ? (gaussian(x, 0.5) * erfcTail(z)) / 2 : erfc(z) / 2;
}

function logGamma(x) {
  const size = Math.abs(x);
  let found;
  if (size >= FAR) {
    const terms = BERNOULLI.slice(0, 8).map((b, i) => b / ((2 * i + 2) * (2 * i + 1)));
    const rest = polynomial(terms, 1 / size / size) / size;
    found = (size - 0.5) * (Math.log(size) - 1) + ((Math.log(2 * Math.PI) - 1) / 2 + rest);
  } else {
    let near = size < 0.5 ? size + 1 : size;
    let product = 1;
    while (near >= 3) {
      near -= 1;
      product *= near;
    }
    const shape = polynomial(LOG_GAMMA, (near - 1.25) / (near + 1.25));
    found = (near - 1) * (near - 2) * shape + Math.log(product);
    if (size < 0.5) found -= Math.log(size);
  }
  if (!(x < 0)) return found;
  const sine = Math.sin(Math.PI * (size - Math.round(size)));
  return Math.log(Math.PI) - Math.log(Math.abs(size * sine)) - found;
}

function digamma(x) {
  const up = x < 0 ? 1 - x : x;
  let found;
  if (up >= FAR) {
    const terms = BERNOULLI.slice(0, 8).map((b, i) => b / (2 * i + 2));
    const square = 1 / up / up;
    found = Math.log(up) - (0.5 / up + polynomial(terms, square) * square);
  } else {
    let near = up < 1 ? up + 1 : up;
    found = up < 1 ? -1 / up : 0;
    while (near >= 3) {
      near -= 1;
      found += 1 / near;
    }
    found += (near - ZERO - ZERO_REST) * polynomial(DIGAMMA, (near - 1.75) / (near + 1.75));
  }
  if (!(x < 0)) return found;
  const turned = x - Math.round(x);
  return turned === 0 ? NaN : found - Math.PI / Math.tan(Math.PI * turned);
}

function polygamma(x, order) {
  const up = x < 0 ? 1 - x : x;
  const last = order + 12;
  const base = up < last ? up + last : up;
  const square = 1 / base / base;
  let rising = 1 / order;
  const weights = BERNOULLI.map((b, i) => {
    // (2k + order - 1)! / ((2k)! order!), for k = i + 1
    rising *= ((2 * i + order) * (2 * i + order + 1)) / ((2 * i + 1) * (2 * i + 2));
    return b * rising;
  });
  let total = (1 / order + 0.5 / base + square * polynomial(weights, square)) * base ** -order;
  if (up < last) for (let k = last - 1; k >= 0; k -= 1) total += (up + k) ** (-order - 1);
  let factorial = 1;
  for (let k = 2; k <= order; k += 1) factorial *= k;
  const sign = order % 2 ? 1 : -1;
  const found = sign * factorial * total;
  if (!(x < 0)) return found;
  const turned = x - Math.round(x);
  if (turned === 0) return order % 2 ? Infinity : NaN;
  return -sign * found - Math.PI * cotangentDerivative(turned, order);
}

// Derivative number `order` of cot(pi * x), a polynomial in the cotangent c: its slope is
// -(1 + c * c) times that of the polynomial.
function cotangentDerivative(x, order) {
  let powers = [0, 1];
  for (let k = 0; k < order; k += 1) {
    const slope = powers.slice(1).map((power, i) => (i + 1) * power);
    powers = [...slope, 0, 0].map((_, i) => -(slope[i] ?? 0) - (slope[i - 2] ?? 0));
  }
  return Math.PI ** order * polynomial(powers, 1 / Math.tan(Math.PI * x));
}
