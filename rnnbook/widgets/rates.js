// The learning rate as a slider over stored trainings; what was tried stays in the picture.

import { element, keepKeys, slider } from "./elements.js";
import { Drawn } from "./drawn.js";

class Rates {
  constructor(model, el) {
    this.model = model;
    this.rates = model.get("_rates");
    this.tried = new Set();
    el.classList.add("rnnbook-live", "rnnbook-rates");
    keepKeys(el);
    [this.courses, this.ends] = model.get("_drawings").map((markup) => new Drawn(markup));
    this.build(el);
    this.show();
    model.on("change:at", () => this.show());
  }

  build(el) {
    this.rate = slider("Learning rate", 0, this.rates.length - 1, 1);
    this.rate.input.addEventListener("input", ({ target }) => {
      this.model.set("at", Number(target.value));
      this.model.save_changes();
    });
    const stages = [this.courses, this.ends].map(({ svg }) => element("div", { class: "rnnbook-drawn" }, svg));
    this.said = element("p", { class: "rnnbook-said", role: "status" });
    el.replaceChildren(this.rate.row, element("div", { class: "rnnbook-halves" }, ...stages), this.said);
  }

  show() {
    const at = this.model.get("at");
    this.tried.add(at);
    this.rate.input.value = at;
    this.rate.value.textContent = String(this.rates[at]);
    this.rate.input.setAttribute("aria-valuetext", `learning rate ${this.rates[at]}`);
    this.rates.forEach((_, k) => {
      for (const [drawn, name] of [[this.courses, `course-${k}`], [this.ends, `end-${k}`]]) {
        drawn.show(name, this.tried.has(k));
        drawn.get(name).classList.toggle("rnnbook-tried", k !== at);
      }
    });
    this.said.textContent = `${this.outcome(at)} ${this.progress()}`;
  }

  // What became of the trainings at one rate.
  outcome(at) {
    const ends = this.model.get("_ends")[at];
    const kept = ends.filter((end) => end !== null);
    const lost = ends.map((end, k) => (end === null ? this.model.get("_steps")[at][k] : null)).filter((read) => read !== null);
    const [low, high] = [Math.min(...kept), Math.max(...kept)].map((end) => end.toFixed(2));
    const range = low === high ? low : `${low} to ${high}`;
    if (!lost.length) return `At ${this.rates[at]} all ${ends.length} trainings end, at ${range} nats per character.`;
    const given = lost.some((read) => read > 0) ? `within ${Math.max(...lost).toLocaleString("en")} characters` : "in the first steps";
    const which = kept.length ? `${lost.length} of ${ends.length}` : `all ${ends.length}`;
    const others = kept.length ? ` What is left ends at ${range}.` : "";
    return `At ${this.rates[at]} the loss runs away, and ${which} trainings are given up ${given}.${others}`;
  }

  // How many rates the reader has tried, and the best of them.
  progress() {
    const mean = (k) => {
      const ends = this.model.get("_ends")[k];
      return ends.includes(null) ? Infinity : ends.reduce((sum, end) => sum + end, 0) / ends.length;
    };
    const best = [...this.tried].reduce((a, b) => (mean(b) < mean(a) ? b : a));
    const count = this.tried.size === this.rates.length ? `All ${this.rates.length}` : this.tried.size;
    if (this.tried.size < 2) return `There are ${this.rates.length} rates to try.`;
    return Number.isFinite(mean(best)) ? `${count} rates tried; the best so far is ${this.rates[best]}.` : `${count} rates tried.`;
  }
}

export function render({ model, el }) {
  new Rates(model, el);
}
