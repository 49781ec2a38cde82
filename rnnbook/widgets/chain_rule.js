// The chain rule, step by step: numbers forward, slopes backward, two ways that add up.

import { button, element, keepKeys, slider, stepByArrows } from "./elements.js";
import { Drawn, product, shown, sum } from "./drawn.js";

const NUDGE = 1e-4;
const FORWARD = ["a1", "h1", "a2", "h2", "loss"];
const STEPS = 11;

const lossAt = (w, h0) => (1 - Math.tanh(w * Math.tanh(w * h0))) ** 2 / 2;

// All numbers of the graph: forward by their names, backward with d_ before them.
function numbers(w, h0) {
  const a1 = w * h0;
  const h1 = Math.tanh(a1);
  const a2 = w * h1;
  const h2 = Math.tanh(a2);
  const d_h2 = h2 - 1;
  const d_a2 = (1 - h2 * h2) * d_h2;
  const d_h1 = w * d_a2;
  const d_a1 = (1 - h1 * h1) * d_h1;
  const [d_w2, d_w1, d_h0] = [h1 * d_a2, h0 * d_a1, w * d_a1];
  const measured = (lossAt(w + NUDGE, h0) - lossAt(w - NUDGE, h0)) / (2 * NUDGE);
  return { w, h0, a1, h1, a2, h2, loss: d_h2 ** 2 / 2, d_h2, d_a2, d_h1, d_a1, d_w2, d_w1, d_h0, sum: d_w1 + d_w2, measured };
}

const SAID = [
  () => "Nothing is computed yet. Go forward, from the left to the loss.",
  (v) => `a₁ = w · h₀: ${product(v.w, v.h0, v.a1)}`,
  (v) => `h₁ = tanh(${shown(v.a1)}) = ${shown(v.h1)}`,
  (v) => `a₂ = w · h₁, the same weight once more: ${product(v.w, v.h1, v.a2)}`,
  (v) => `h₂ = tanh(${shown(v.a2)}) = ${shown(v.h2)}`,
  (v) => `h₂ should be 1. The loss is half the square of what it lacks: (1 − h₂)² / 2 = ${shown(v.loss)}.`,
  (v) => `Now back. The slope of the loss at h₂ is h₂ − 1 = ${shown(v.d_h2)}: a larger h₂ makes the loss ${v.d_h2 < 0 ? "smaller" : "larger"}.`,
  (v) => `Through tanh, whose own slope is 1 − h₂² = ${shown(1 - v.h2 ** 2)} here. Slopes in a row multiply: ${product(1 - v.h2 ** 2, v.d_h2, v.d_a2)}.`,
  (v) => `a₂ is w · h₁, so each factor gets the slope times the other one: w gets ${product(v.h1, v.d_a2, v.d_w2)}, and h₁ gets ${product(v.w, v.d_a2, v.d_h1)}.`,
  (v) => `Through the other tanh: ${product(1 - v.h1 ** 2, v.d_h1, v.d_a1)}.`,
  (v) => `a₁ is w · h₀: w gets ${product(v.h0, v.d_a1, v.d_w1)}, and h₀ gets ${shown(v.d_h0)}.`,
  (v) => `w acted along two ways, and ways add up: ${sum(v.d_w1, v.d_w2, v.sum)}. A nudge of w measures ${shown(v.measured)}.`,
]; // prettier-ignore

// At which step a way back is gone.
const BACK = { h2: 6, a2: 7, w2: 8, h1: 8, a1: 9, w1: 10, h0: 10, sum: 11 };

class ChainRule {
  constructor(model, el) {
    this.model = model;
    el.classList.add("rnnbook-live", "rnnbook-chain");
    keepKeys(el);
    this.drawn = new Drawn(model.get("_drawing"));
    this.build(el);
    this.show();
    for (const name of ["w", "step"]) model.on(`change:${name}`, () => this.show());
  }

  build(el) {
    const move = (by) => this.set("step", Math.max(0, Math.min(STEPS, this.model.get("step") + by)));
    this.w = slider("Weight w", -3, 3, 0.1);
    this.w.input.addEventListener("input", ({ target }) => this.set("w", Number(target.value)));
    this.stage = element("div", { class: "rnnbook-drawn", tabindex: 0, role: "group" });
    this.stage.setAttribute("aria-label", "A network of one unit as a graph; left and right step");
    this.stage.append(this.drawn.svg);
    stepByArrows(this.stage, move);
    this.again = button("From the start", () => this.set("step", 0));
    this.back = button("Back", () => move(-1));
    this.next = button("Next", () => move(1), true);
    this.said = element("p", { class: "rnnbook-said", role: "status" });
    const steps = element("div", { class: "rnnbook-buttons rnnbook-wrap", role: "group", "aria-label": "Steps of the graph" });
    steps.append(this.again, this.back, this.next);
    el.replaceChildren(this.w.row, this.stage, this.said, steps);
  }

  set(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  show() {
    const { model, drawn } = this;
    const [step, w] = [model.get("step"), model.get("w")];
    const found = numbers(w, model.get("h0"));
    this.w.input.value = w;
    this.w.value.textContent = shown(w, 1);
    drawn.write("w", `= ${shown(w, 1)}`);
    drawn.write("h0", shown(found.h0));
    FORWARD.forEach((name, k) => drawn.write(name, step > k ? shown(found[name]) : ""));
    for (const [name, since] of Object.entries(BACK)) {
      drawn.get(`back-${name}`).classList.toggle("rnnbook-hidden", step < since);
      if (name !== "sum") drawn.write(`d-${name}`, shown(found[`d_${name}`]));
    }
    drawn.write("sum", sum(found.d_w1, found.d_w2, found.sum));
    this.said.textContent = SAID[step](found);
    this.back.disabled = this.again.disabled = step === 0;
    this.next.disabled = step === STEPS;
  }
}

export function render({ model, el }) {
  new ChainRule(model, el);
}
