// The "hello" network, unrolled: step by step forward, then backward, then one update.

import { button, element } from "./elements.js";
import { Figure } from "./figure.js";
import { forward, lossAndGradients } from "./engine/min_char_rnn.js";

const RATE = 0.05;
const one = (value) => (Math.abs(value) < 0.05 ? 0 : value).toFixed(1); // as in the post
const two = (value) => (Math.abs(value) < 0.005 ? 0 : value).toFixed(2);

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
    this.learn = button("Learn from this", () => this.descend());
    this.again = button("Start again", () => {
      this.reset();
      if (this.step === 0) this.show();
      else this.update("step", 0);
    });
    this.stage = element("div", { class: "rnnbook-unrolled", tabindex: 0, role: "region" });
    this.stage.setAttribute("aria-label", "The network, unrolled over time; left and right step");
    this.stage.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: -1, ArrowRight: 1 };
      if (!(event.key in moves)) return;
      this.move(moves[event.key]);
      event.preventDefault();
    });
    this.message.classList.add("rnnbook-said");
    const group = element("div", { class: "rnnbook-buttons rnnbook-wrap", role: "group" });
    group.setAttribute("aria-label", "Steps of the network");
    group.append(this.back, this.next, this.learn, this.again);
    this.el.replaceChildren(group, this.stage, this.message);
  }

  move(by) {
    const step = Math.max(0, Math.min(2 * this.length, this.step + by));
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
    const forwardTo = Math.min(step, length);
    const backFrom = step > length ? 2 * length - step : length;
    const columns = Array.from({ length }, (_, t) =>
      this.column(found, t, t < forwardTo, t >= backFrom, t === this.now(step, length)),
    );
    this.stage.replaceChildren(...columns);
    this.back.disabled = step === 0;
    this.next.disabled = step === 2 * length;
    this.learn.disabled = step < 2 * length;
    this.say(this.sentence(found));
  }

  // The column that the step is about.
  now = (step, length) => (step <= length ? step - 1 : 2 * length - step);

  column({ hidden, probs }, t, isRead, isBack, isNow) {
    const [x, y] = [this.ids[t], this.ids[t + 1]];
    const best = probs[t].indexOf(Math.max(...probs[t]));
    const cell = (text, kind = "") => element("span", { class: `rnnbook-number ${kind}` }, text);
    const box = (label, cells) =>
      element("div", { class: "rnnbook-vector" }, element("span", { class: "rnnbook-strip-name" }, label), ...cells); // prettier-ignore
    const logits = this.logits(hidden[t + 1]);
    const scores = this.vocab.map((char, id) => {
      const right = id === y ? "rnnbook-right" : id === best ? "rnnbook-wrong" : "";
      return cell(isRead ? `${char} ${one(logits[id])}` : char, isRead ? right : "");
    });
    const gradient = this.vocab.map((char, id) => cell(two(probs[t][id] - (id === y ? 1 : 0))));
    const state = Array.from(hidden[t + 1], (value) => cell(isRead ? one(value) : "·"));
    const made = element(
      "div",
      { class: `rnnbook-step${isNow ? " rnnbook-current" : ""}` },
      box("target", [cell(this.vocab[y])]),
      box("gradient of the scores", isBack ? gradient : this.vocab.map(() => cell("·"))),
      box("scores", scores),
      box("hidden", state),
      box("input", [cell(this.vocab[x], "rnnbook-given")]),
    );
    return made;
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
      const down = two(1 - probs[t][this.ids[t + 1]]);
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
