// Division into whole parts as Python and NumPy have it: a remainder takes the sign of its divisor,
// where JavaScript's takes that of the dividend.

function remainder(a, b) {
  const left = a % b;
  if (left === 0) return Math.sign(b) * 0;
  return (left < 0) !== (b < 0) ? left + b : left;
}

function floorDivision(a, b) {
  if (b === 0) return a / b;
  const left = a % b;
  const turned = left !== 0 && (left < 0) !== (b < 0);
  const times = (a - left) / b - (turned ? 1 : 0);
  if (times === 0) return Math.sign(a / b) * 0;
  const whole = Math.floor(times);
  return times - whole > 0.5 ? whole + 1 : whole;
}
