// Where a decoder looks while it writes: one character at a time.

import { button, element, keepKeys, stepByArrows } from "./elements.js";
import { Drawn } from "./drawn.js";

const LEAST = 0.1; // weights below are drawn, and not named

class Attention {
  constructor(model, el) {
    this.model = model;
    [this.source, this.target] = ["_source", "_target"].map((name) => Array.from(model.get(name)));
    el.classList.add("rnnbook-live", "rnnbook-attention");
    keepKeys(el);
    this.drawn = new Drawn(model.get("_drawing"));
    this.build(el);
    this.show();
    model.on("change:at", () => this.show());
  }

  build(el) {
    this.stage = element("div", { class: "rnnbook-drawn", tabindex: 0, role: "group" });
    this.stage.setAttribute("aria-label", "Encoder and decoder; left and right choose the character that is written");
    this.stage.append(this.drawn.svg);
    stepByArrows(this.stage, (by) => this.move(by));
    this.target.forEach((_, t) => {
      for (const name of [`written-${t}`, `written-box-${t}`]) {
        this.drawn.get(name).addEventListener("click", () => this.go(t));
        this.drawn.get(name).classList.add("rnnbook-pressed");
      }
    });
    this.back = button("Back", () => this.move(-1));
    this.next = button("Next character", () => this.move(1), true);
    this.said = element("p", { class: "rnnbook-said", role: "status" });
    const steps = element("div", { class: "rnnbook-buttons", role: "group", "aria-label": "Characters that are written" });
    steps.append(this.back, this.next);
    el.replaceChildren(this.stage, this.said, steps);
  }

  move(by) {
    this.go(Math.max(0, Math.min(this.target.length - 1, this.model.get("at") + by)));
  }

  go(t) {
    this.model.set("at", t);
    this.model.save_changes();
  }

  show() {
    const t = this.model.get("at");
    const weights = this.model.get("_looks")[t];
    const { drawn } = this;
    const x = (name) => drawn.get(name).getAttribute("x");
    weights.forEach((weight, k) => {
      const line = drawn.get(`look-${k}`).firstChild;
      line.setAttribute("x1", x(`written-${t}`));
      line.setAttribute("stroke-width", (1 + 9 * weight).toFixed(1));
      line.setAttribute("stroke-opacity", (0.07 + 0.75 * weight).toFixed(2));
      drawn.get(`read-box-${k}`).style.setProperty("--v", weight.toFixed(2));
      drawn.get(`read-box-${k}`).classList.add("rnnbook-looked");
    });
    this.target.forEach((_, k) => {
      for (const name of [`written-${k}`, `written-box-${k}`]) {
        drawn.get(name).classList.toggle("rnnbook-ahead", k > t);
        drawn.get(name).classList.toggle("rnnbook-now", k === t);
      }
    });
    const ranked = weights.map((weight, k) => [weight, k]).sort(([a], [b]) => b - a);
    const named = ranked.filter(([weight]) => weight >= LEAST).map(([weight, k]) => {
      return `“${this.source[k]}” (number ${k + 1}) ${Math.round(100 * weight)} %`;
    });
    this.said.textContent = `While it writes “${this.target[t]}”, it looks at ${named.join(", ")}.`;
    this.back.disabled = t === 0;
    this.next.disabled = t === this.target.length - 1;
  }
}

export function render({ model, el }) {
  new Attention(model, el);
}
