// What the live figures share: elements, the network, and work in slices.
//
// `model` is anywidget's (get, set, on, save_changes), or the page's stand-in for
// it. Text from the network or the reader enters the page as text, never as markup.

import { readCheckpoint } from "./safetensors.js";
import { Network } from "./recurrent.js";

const SLICE = 12; // milliseconds of work before the page gets its turn
const SIGNS = { "\n": "⏎", " ": "␣", "\t": "⇥" };

let nextId = 0;

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function field(label, input, hint) {
  input.id = `rnnbook-${nextId++}`;
  const value = hint ? element("output", { for: input.id, class: "rnnbook-value" }) : "";
  const name = element("label", { for: input.id }, label, " ", value);
  return { row: element("div", { class: "rnnbook-field" }, name, input), input, value };
}

// A character as it is shown where a blank would not be seen.
export const sign = (char) => SIGNS[char] ?? char;

export const pause = () => new Promise((resolve) => setTimeout(resolve));

// Bytes of the checkpoint: from the kernel's message, or from the page's own file.
async function loadWeights(model) {
  const sent = model.get("_weights");
  if (sent && sent.byteLength) {
    return new Uint8Array(sent.buffer ?? sent, sent.byteOffset ?? 0, sent.byteLength);
  }
  return globalThis.rnnbook.weights(model.get("name"));
}

export class Figure {
  constructor(model, el, name) {
    this.model = model;
    this.el = el;
    this.run = 0; // counts the runs: a newer one ends the older
    this.message = element("p", { class: "rnnbook-message", role: "status" });
    el.classList.add("rnnbook-live", `rnnbook-${name}`);
  }

  say(text, isProblem = false) {
    this.message.textContent = text;
    this.message.classList.toggle("rnnbook-problem", isProblem);
  }

  update(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  // The network; its weights are asked for once, on first need.
  async network() {
    if (!this.loaded) {
      this.say("Fetching the network …");
      this.loaded = loadWeights(this.model).then((bytes) => new Network(readCheckpoint(bytes)));
      this.loaded.catch(() => (this.loaded = undefined));
    }
    return this.loaded;
  }

  // Do all of a generator's work, a slice at a time; false if a newer run began.
  async inSlices(steps, run, each = () => {}) {
    let since = performance.now();
    for (const step of steps) {
      each(step);
      if (performance.now() - since > SLICE) {
        await pause();
        if (run !== this.run) return false;
        since = performance.now();
      }
    }
    return true;
  }
}
