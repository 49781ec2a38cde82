// An n-gram's order as a slider: what it writes and how it guesses, with two smoothings.

import { element, keepKeys, slider } from "./elements.js";
import { Drawn } from "./drawn.js";

const WORDS = ["nothing", "no character", "1 character"];

class Order {
  constructor(model, el) {
    this.model = model;
    el.classList.add("rnnbook-live", "rnnbook-order");
    keepKeys(el);
    this.names = Object.keys(model.get("_texts"));
    this.drawn = new Drawn(model.get("_drawing"));
    this.build(el);
    this.show();
    model.on("change:order", () => this.show());
  }

  build(el) {
    const last = this.model.get("_texts")[this.names[0]].length - 1;
    this.order = slider("Order", 0, last, 1);
    this.order.input.addEventListener("input", ({ target }) => {
      this.model.set("order", Number(target.value));
      this.model.save_changes();
    });
    const stage = element("div", { class: "rnnbook-drawn" });
    stage.append(this.drawn.svg);
    this.halves = this.names.map((name) => {
      const loss = element("p", { class: "rnnbook-heading" });
      const text = element("div", { class: "rnnbook-text", tabindex: 0, role: "region", "aria-label": `Written with ${name}` });
      return { name, loss, text };
    });
    const boxes = this.halves.map(({ name, loss, text }) =>
      element("div", { class: "rnnbook-half" }, element("p", { class: "rnnbook-name" }, name), loss, text),
    );
    const halves = element("div", { class: "rnnbook-halves" }, ...boxes);
    this.said = element("p", { class: "rnnbook-heading", role: "status" });
    el.replaceChildren(this.order.row, stage, this.said, halves);
  }

  show() {
    const order = this.model.get("order");
    this.order.input.value = order;
    this.order.value.textContent = String(order);
    const seen = WORDS[order] ?? `${order - 1} characters`;
    this.order.input.setAttribute("aria-valuetext", `order ${order}`);
    const losses = this.names.map((name) => this.model.get("_losses")[name][order]);
    const said = this.names.map((name, k) => `${name} ${losses[k].toFixed(3)}`).join(", ");
    this.said.textContent =
      order === 0 ? `It has counted nothing: every character is as likely as any other. Nats: ${said}.`
        : `It looks back at ${seen}. Nats per character on held-out text: ${said}.`;
    this.halves.forEach(({ name, loss, text }, k) => {
      text.textContent = this.model.get("_texts")[name][order];
      loss.textContent = `${losses[k].toFixed(3)} nats, ${(losses[k] / Math.LN2).toFixed(3)} bits`;
      const [mark, dot] = [this.drawn.get(`mark-${k}`), this.drawn.get(`dot-${k}-${order}`)];
      for (const key of ["cx", "cy"]) mark.setAttribute(key, dot.getAttribute(key));
    });
  }
}

export function render({ model, el }) {
  new Order(model, el);
}
