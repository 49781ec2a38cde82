// One unit over a text: its gates and its states as strips, one under the other.

import { button, element, stepByArrows } from "./elements.js";
import { sign } from "./figure.js";
import { quantities } from "./engine/reading.js";
import { ReadingFigure } from "./reading_figure.js";
import { nameOf } from "./strip.js";

class Gates extends ReadingFigure {
  constructor(model, el) {
    super(model, el, "gates", 400);
    this.at = 0;
    this.chars = Array.from(model.get("text"));
    this.build();
    this.showSettings();
    this.fill(model.get("_strips"));
    for (const name of ["text", "layer"]) model.on(`change:${name}`, () => this.read());
    model.on("change:unit", () => this.show());
  }

  build() {
    const { model } = this;
    this.names = quantities(model.get("_kind"));
    this.textField();
    this.unitFields();
    const start = button("Read", () => this.start(), true);
    const rows = [this.text.row, this.unit.row];
    if (model.get("_layers") > 1) rows.push(this.layer.row);
    const buttons = element("div", { class: "rnnbook-buttons" }, start);
    this.table = element("div", { class: "rnnbook-strips", tabindex: 0, role: "group" });
    this.detail = element("p", { class: "rnnbook-heading", role: "status" });
    const controls = this.group(`Gates of the model ${model.get("name")}`, ...rows, buttons);
    this.el.replaceChildren(controls, this.table, this.detail, this.message);
    stepByArrows(this.table, (by) => this.point(this.at + by), (event) => this.key(event));
    this.table.addEventListener("click", ({ target }) => {
      const cell = target.closest("[data-t]");
      if (cell) this.point(Number(cell.dataset.t));
    });
  }

  showSettings() {
    this.text.input.value = this.model.get("text");
    this.unit.input.value = this.model.get("unit");
    this.layer.input.value = this.model.get("layer");
  }

  // strips: a quantity -> its values (T,)
  fill(strips) {
    this.strips = strips;
    const { chars } = this;
    const cells = (className, contents) => contents.map((content, t) =>
      element("span", { class: className, "data-t": t }, content),
    );
    const row = (label, spans) =>
      element("div", { class: "rnnbook-strip-row" },
        element("span", { class: "rnnbook-strip-name" }, label), ...spans); // prettier-ignore
    const rows = this.names.map((name) => {
      const spans = cells("rnnbook-level", chars.map(() => ""));
      spans.forEach((span, t) => {
        const value = strips[name][t];
        span.style.setProperty("--v", Math.min(1, Math.abs(value)).toFixed(2));
        if (value <= -0.005) span.classList.add("rnnbook-negative");
      });
      return row(name === "c" ? "tanh c" : name, spans);
    });
    this.table.replaceChildren(row("text", cells("rnnbook-level-char", chars.map(sign))), ...rows);
    const label = `Gates and states of unit ${this.model.get("unit")}: left and right choose a `;
    this.table.setAttribute("aria-label", `${label}character, up and down another unit`);
    this.point(Math.min(this.at, chars.length - 1));
  }

  point(t) {
    if (t < 0 || t >= this.chars.length) return;
    for (const old of this.table.querySelectorAll(".rnnbook-here")) {
      old.classList.remove("rnnbook-here");
    }
    this.at = t;
    const here = this.table.querySelectorAll(`[data-t="${t}"]`);
    for (const cell of here) cell.classList.add("rnnbook-here");
    const values = this.names.map((name) => `${nameOf(this.model.get("_kind"), name)} ${this.strips[name][t].toFixed(2)}`);
    const where = `Unit ${this.model.get("unit")} after character ${t + 1}, ${sign(this.chars[t])}`;
    this.detail.textContent = `${where}: ${values.join(", ")}.`;
  }

  read() {
    return this.readText((reading) => {
      this.reading = reading;
      this.chars = reading.chars;
      this.show();
    });
  }

  show() {
    this.showSettings();
    if (!this.reading) return this.read();
    const unit = this.model.get("unit");
    const { values, size } = this.reading;
    const strips = {};
    for (const name of this.names) {
      strips[name] = this.chars.map((_, t) => values[name][t * size + unit]);
    }
    return this.fill(strips);
  }
}

export function render({ model, el }) {
  const gates = new Gates(model, el);
  return () => gates.close();
}
