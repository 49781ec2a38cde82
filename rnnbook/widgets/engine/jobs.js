// What the figures ask of the engine, and the loop that answers: in a Web Worker
// where the page allows one, in slices on the page's own thread where not.
//
// A job is a generator. What it yields goes to the figure in batches; between two
// batches the loop listens, so that a newer job, or "stop", ends an older one at once.

import { readCheckpoint } from "./safetensors.js";
import { openNetwork, untrained } from "./recurrent.js";
import { generate } from "./sampling.js";
import { Reading } from "./reading.js";
import { labelsOf, rank } from "./properties.js";
import { influence } from "./memory.js";
import { byContext } from "./context.js";
import { MinCharRnn } from "./min_char_rnn.js";

const SLICE = 12; // milliseconds of work before a batch is sent
const MORE = 6; // readings that are kept

const channel = new MessageChannel();
const waiting = [];
channel.port1.onmessage = () => waiting.shift()();

// Let everything else have its turn: a timer would be held back by the browser.
const turn = () =>
  new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(0);
  });

function decode(data) {
  if (typeof data !== "string") return data;
  const text = atob(data);
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < bytes.length; k++) bytes[k] = text.charCodeAt(k);
  return bytes;
}

class Desk {
  constructor() {
    this.networks = new Map();
    this.readings = new Map();
    this.trainer = null;
  }

  // data: the bytes of a checkpoint, or their base64
  load(name, data) {
    const network = openNetwork(readCheckpoint(decode(data)));
    this.networks.set(name, network);
    const { vocab, kind, hiddenSize, layers } = network;
    return { vocab, kind, hiddenSize, numLayers: layers.length };
  }

  // Another network of the same shape, with random weights, has "untrained " before its name.
  network(name) {
    if (!this.networks.has(name) && name.startsWith("untrained ")) {
      const trained = this.networks.get(name.slice("untrained ".length));
      this.networks.set(name, untrained(trained, 0));
    }
    return this.networks.get(name);
  }

  *reading(model, ids, layer) {
    const key = [model, layer, ...ids].join();
    if (!this.readings.has(key)) {
      const reading = new Reading(this.network(model), ids, layer);
      for (const t of reading.steps()) yield { read: t + 1 };
      this.readings.set(key, reading);
      if (this.readings.size > MORE) this.readings.delete(this.readings.keys().next().value);
    }
    return this.readings.get(key);
  }

  *generate({ model, ids, length, settings }) {
    yield* generate(this.network(model), ids, length, settings);
  }

  *read({ model, ids, layer }) {
    const { values, surprise, guesses, size } = yield* this.reading(model, ids, layer);
    yield { values, surprise, guesses, size };
  }

  *labels({ text, property, pattern }) {
    yield labelsOf(text, property, pattern);
  }

  // The units of a network, ranked by how well they follow the labels.
  *rank({ model, ids, layer, quantity, labels }) {
    const reading = yield* this.reading(model, ids, layer);
    yield* rank(reading.values[quantity], reading.size, labels);
  }

  *influence({ model, ids }) {
    yield* influence(this.network(model), ids);
  }

  *context({ model, ids, lengths }) {
    yield* byContext(this.network(model), ids, lengths);
  }

  *train({ settings }) {
    if (settings) this.trainer = new MinCharRnn(settings);
    yield* this.trainer.run();
  }

  // A setting of the training that may change while it goes on.
  *adjust({ name, value }) {
    if (this.trainer) this.trainer[name] = value;
    yield { adjusted: name };
  }
}

// Answer the messages of a port: {load, data} and {id, job, args}.
export function serve(port) {
  const desk = new Desk();
  let current = 0;

  async function work({ id, job, args }) {
    let batch = [];
    let since = performance.now();
    for (const step of job === "stop" ? [] : desk[job](args)) {
      batch.push(step);
      if (performance.now() - since < SLICE) continue;
      port.postMessage({ id, batch });
      batch = [];
      await turn();
      if (id !== current) return;
      since = performance.now();
    }
    port.postMessage({ id, batch, done: true });
  }

  port.onmessage = async ({ data: message }) => {
    const { load, id } = message;
    try {
      if (load !== undefined) {
        port.postMessage({ load, network: desk.load(load, message.data) });
      } else {
        current = id;
        await work(message);
      }
    } catch (error) {
      port.postMessage({ load, id, error: error.message });
    }
  };
}
