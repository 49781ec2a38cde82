// What gates leave of what was written: rnnbook/inspection/forgetting.py.

// A kind of network: its factor a_t, from what a reading holds by name. A linear recurrence has
// one of that name.
const FACTORS = {
  lstm: ({ f }) => f,
  gru: ({ z }) => z,
};

// The factors of all units of a layer (T, H).
export const factorsOf = (kind, values) => values.a ?? FACTORS[kind](values);

// What is left at place `at` of what was written at each place up to it, for factors (T,).
export function leftAt(factors, at) {
  const left = new Float64Array(at + 1).fill(1);
  for (let t = at - 1; t >= 0; t--) left[t] = left[t + 1] * factors[t + 1];
  return left;
}

// How many characters back less than a share is left; null if nowhere.
export function reachOf(left, share) {
  for (let back = 0; back < left.length; back++) {
    if (left[left.length - 1 - back] < share) return back;
  }
  return null;
}

// The unit whose factors (T, H) keep the most over the text, or the least.
export function steadiest(factors, size, isMost) {
  const sums = new Float64Array(size);
  for (let k = 0; k < factors.length; k++) sums[k % size] += Math.log(Math.max(factors[k], 1e-12));
  return sums.indexOf(isMost ? Math.max(...sums) : Math.min(...sums));
}
