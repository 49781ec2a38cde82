// A text as a network reads it: what every unit says after each character, how much
// the character surprised, and which five the network thought likeliest.

import { LINEAR } from "./linear_cells.js";
import { likeliest, softmax } from "./sampling.js";

const GATES = { rnn: [], gru: ["r", "z", "n"], lstm: ["i", "f", "g", "o"], ...LINEAR };

// The quantities that a kind of network has in every unit.
export const quantities = (kind) => ["h", ...(kind === "lstm" ? ["c"] : []), ...GATES[kind]];

export class Reading {
  // Reads ids (T,); `values` are of the given layer. Read on with `steps`.
  constructor(network, ids, layer) {
    this.network = network;
    this.ids = ids;
    this.layer = layer;
    this.size = network.hiddenSize;
    this.values = {}; // quantity -> (T, H)
    for (const name of quantities(network.kind)) {
      this.values[name] = new Float32Array(ids.length * this.size);
    }
    this.surprise = new Float32Array(ids.length); // nats; of the first character none
    this.guesses = []; // a character -> five [id, probability] for the one after it
  }

  *steps() {
    const { network } = this;
    const state = network.initialState();
    for (let t = 0; t < this.ids.length; t++) {
      const probs = softmax(network.step(this.ids[t], state));
      this.record(t, state[this.layer], network.layers[this.layer]);
      if (t + 1 < this.ids.length) this.surprise[t + 1] = -Math.log(probs[this.ids[t + 1]]);
      this.guesses.push(likeliest(probs, 5));
      yield t;
    }
  }

  // The state of a layer, and what the layer holds of the step.
  record(t, { h, c }, { gates, shown }) {
    const { values, size } = this;
    values.h.set(shown ?? h, t * size);
    if (values.c) values.c.set(c.map(Math.tanh), t * size);
    GATES[this.network.kind].forEach((name, block) =>
      values[name].set(gates.subarray(block * size, (block + 1) * size), t * size),
    );
  }

  // What one unit says after each character (T,).
  unit(quantity, unit) {
    return Float32Array.from(this.ids, (_, t) => this.values[quantity][t * this.size + unit]);
  }
}
