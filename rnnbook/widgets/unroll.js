// The "hello" network, unrolled: step by step forward, then backward, then one update.

import { button, element, stepByArrows } from "./elements.js";
import { Figure } from "./figure.js";
import { Drawn, shown } from "./drawn.js";
import { forward, lossAndGradients } from "./engine/min_char_rnn.js";

const RATE = 0.05;
const one = (value) => shown(value, 1); // as in the post

class Unroll extends Figure {
  constructor(model, el) {
    super(model, el, "unroll");
    this.vocab = model.get("_vocab");
    this.word = model.get("_word");
    this.ids = Array.from(this.word, (char) => this.vocab.indexOf(char));
    this.reset();
    this.build();
    this.show();
    model.on("change:step", () => this.show());
  }

  // The network as the post drew it, before anything is learnt.
  reset() {
    this.weights = {};
    for (const [name, values] of Object.entries(this.model.get("_weights_of"))) {
      this.weights[name] = Float64Array.from(values);
    }
    this.updates = 0;
  }

  get length() {
    return this.ids.length - 1;
  }

  // Steps 1 to T go forward, T + 1 to 2T backward.
  get step() {
    return this.model.get("step");
  }

  build() {
    const move = (by) => () => this.move(by);
    this.back = button("Back", move(-1));
    this.next = button("Next", move(1), true);
    this.again = button("From the start", () => {
      this.reset();
      if (this.step === 0) this.show();
      else this.update("step", 0);
    });
    this.buttons = [this.again, this.back, this.next];
    if (this.model.get("backward")) {
      this.learn = button("Learn from this", () => this.descend());
      this.buttons.push(this.learn);
    }
    this.drawn = new Drawn(this.model.get("_drawing"));
    this.stage = element("div", { class: "rnnbook-drawn rnnbook-unrolled", tabindex: 0, role: "group" });
    this.stage.setAttribute("aria-label", "The network, unrolled over time; left and right step");
    this.stage.append(this.drawn.svg);
    stepByArrows(this.stage, (by) => this.move(by));
    this.message.classList.add("rnnbook-said");
    const group = element("div", { class: "rnnbook-buttons rnnbook-wrap", role: "group" });
    group.setAttribute("aria-label", "Steps of the network");
    group.append(...this.buttons);
    this.el.replaceChildren(this.stage, this.message, group);
  }

  get last() {
    return this.model.get("backward") ? 2 * this.length : this.length;
  }

  move(by) {
    const step = Math.max(0, Math.min(this.last, this.step + by));
    if (step !== this.step) this.update("step", step);
  }

  // One step down the gradient.
  descend() {
    const { gradients } = this.compute();
    for (const [name, gradient] of Object.entries(gradients)) {
      gradient.forEach((value, k) => (this.weights[name][k] -= RATE * value));
    }
    this.updates += 1;
    if (this.step === this.length) this.show();
    else this.update("step", this.length);
  }

  compute() {
    const [x, y] = [this.ids.slice(0, -1), this.ids.slice(1)];
    const start = new Float64Array(this.weights.b_h.length);
    return { ...forward(this.weights, x, start), ...lossAndGradients(this.weights, x, y, start) };
  }

  show() {
    const { step, length } = this;
    const found = this.compute();
    for (let t = 0; t < length; t++) {
      const isNow = t === (step <= length ? step - 1 : 2 * length - step);
      this.column(found, t, t < step, isNow);
      this.drawn.parts.get(`back-${t}`).classList.toggle("rnnbook-hidden", step < 2 * length - t);
    }
    this.back.disabled = step === 0;
    this.next.disabled = step === this.last;
    if (this.learn) this.learn.disabled = step < this.last;
    this.say(this.sentence(found));
  }

  // One step of the network: what it has read by now, with its numbers.
  column({ hidden, probs }, t, isRead, isNow) {
    const { drawn } = this;
    const right = this.ids[t + 1];
    const best = probs[t].indexOf(Math.max(...probs[t]));
    const logits = this.logits(hidden[t + 1]);
    const part = drawn.parts.get(`step-${t}`);
    part.classList.toggle("rnnbook-ahead", !isRead);
    part.classList.toggle("rnnbook-now", isNow);
    this.vocab.forEach((_, k) => {
      drawn.fill(`score-${t}-${k}`, isRead ? one(logits[k]) : "", isRead ? probs[t][k] : 0);
      const frame = drawn.get(`frame-${t}-${k}`);
      drawn.show(`frame-${t}-${k}`, isRead && (k === right || k === best));
      frame.classList.toggle("rnnbook-wrong", isRead && k === best && k !== right);
      drawn.write(`grad-${t}-${k}`, shown(probs[t][k] - (k === right ? 1 : 0)));
    });
    Array.from(hidden[t + 1]).forEach((value, k) => {
      drawn.fill(`state-${t}-${k}`, isRead ? one(value) : "");
      drawn.tone(`state-${t}-${k}`, isRead ? value : 0);
    });
  }

  logits(h) {
    const { W_hy, b_y } = this.weights;
    return b_y.map((bias, id) => h.reduce((sum, value, k) => sum + W_hy[id * h.length + k] * value, bias));
  }

  sentence({ probs, loss }) {
    const { step, length, word } = this;
    const learnt = this.updates ? ` Updates so far: ${this.updates}.` : "";
    if (step === 0) return `The network will read “${word.slice(0, -1)}” and guess the next character each time.${learnt}`;
    if (step > length) {
      const t = 2 * length - step;
      const down = shown(1 - probs[t][this.ids[t + 1]]);
      const end = step === 2 * length ? " Every step has had its say: the network can learn." : "";
      return `Backward, step ${t + 1}: the score of “${word[t + 1]}” should rise; its gradient is −${down}.${end}`;
    }
    const t = step - 1;
    const prob = probs[t][this.ids[t + 1]];
    const isRight = prob === Math.max(...probs[t]);
    const whole = t === length - 1 ? ` The loss of the word: ${loss.toFixed(3)} nats.${learnt}` : "";
    return `It reads “${word[t]}” and gives “${word[t + 1]}” ${(100 * prob).toFixed(0)} %: ${isRight ? "right" : "wrong"}.${whole}`;
  }
}

export function render({ model, el }) {
  const unroll = new Unroll(model, el);
  return () => unroll.close();
}
