// How the weights of a linear recurrence begin: rnnbook/recurrent/linear.py.

// How a weight begins, from uniform numbers in [0, 1): `first_values`.
export function firstValues(config, name, shape, uniform) {
  const own = name.slice(name.lastIndexOf(".") + 1);
  const count = shape.reduce((product, size) => product * size, 1);
  const u = Float64Array.from({ length: count }, uniform);
  const size = config.hidden_size;
  const slow = -Math.log(4);
  if (own.startsWith("norm") || own === "D") return u.fill(1);
  if (own === "A_log") return u.map((_, k) => Math.log((k % shape[1]) + 1));
  if (own === "b_h") {
    const from = { mingru: 0, minlstm: size }[config.kind] ?? Infinity; // what is new
    const isOpen = (k) => config.kind === "minlstm" && k < size; // what is kept
    return u.map((value, k) => (k >= from && k < from + size ? slow * value : isOpen(k) ? 1 : 0));
  }
  if (own === "b_dt") {
    return u.map((value) => {
      const dt = Math.exp(Math.log(1e-3) + Math.log(1e2) * value);
      return dt + Math.log(-Math.expm1(-dt));
    });
  }
  const [low, high] = [0.5 ** 2, 0.999 ** 2];
  if (own === "nu") return u.map((value) => Math.log(-0.5 * Math.log(low + (high - low) * value)));
  if (own === "theta") return u.map((value) => Math.log(Math.PI * (1 - value)));
  if (own === "Lambda") {
    return u.map((value) => {
      const a = (0.1 + (0.99 - 0.1) * value) ** (1 / 8);
      return Math.log(a / (1 - a));
    });
  }
  if (shape.length === 1) return u.fill(0);
  const columns = name === "W_in" && !config.embedding_size ? 1 : shape[1];
  return u.map((value) => (2 * value - 1) / Math.sqrt(columns));
}

// An LRU's inputs begin with the weight sqrt(1 - |a|²).
export function tie(config, weights) {
  for (let layer = 0; layer < (config.kind === "lru" ? config.num_layers : 0); layer++) {
    const { data } = weights[`layers.${layer}.nu`];
    weights[`layers.${layer}.gamma`].data = Float32Array.from(
      data,
      (nu) => 0.5 * Math.log(-Math.expm1(-2 * Math.exp(nu))),
    );
  }
}
