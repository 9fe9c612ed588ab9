// Sum and count of a column, and spreading back. A number is its own sum.

function sum(x, axis, keepdims) {
  if (typeof x === "number" || (axis !== null && axis.length === 0)) return x;
  let total = 0;
  for (const element of x) total += element;
  return keepdims ? [total] : total;
}

function count(x, axis, keepdims) {
  if (typeof x === "number") return 1;
  if (axis !== null && axis.length === 0) return x.map(() => 1);
  return keepdims ? [x.length] : x.length;
}

function broadcastAs(value, like) {
  if (typeof like === "number") return value;
  return like.map((_, i) => (typeof value === "number" ? value : value[value.length === 1 ? 0 : i]));
}

function sumAs(value, like) {
  if (typeof value === "number" || value.length === like.length) return broadcastAs(value, like);
  return broadcastAs(sum(value, null, false), like);
}
