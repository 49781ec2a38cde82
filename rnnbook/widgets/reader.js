// Reading a mind: a text, every character coloured by what one unit says after it,
// with the five likeliest next characters underneath, as in the panes of the post.

import { Figure, element, field, sign } from "./figure.js";
import { Reading, quantities } from "./reading.js";

const LONGEST = 2000; // characters; what comes after them is left out
const NAMES = {
  h: "hidden state h",
  c: "cell state, tanh c",
  i: "input gate i",
  f: "forget gate f",
  g: "candidate g",
  o: "output gate o",
  r: "reset gate r",
  z: "update gate z",
  n: "candidate n",
};

class Reader extends Figure {
  constructor(model, el) {
    super(model, el, "reader");
    this.at = 0; // the character that the keys have reached
    this.build();
    this.showSettings();
    this.chars = Array.from(model.get("text"));
    this.fill(model.get("_guesses"));
    this.colour(model.get("_values"));
    for (const name of ["text", "layer"]) model.on(`change:${name}`, () => this.read());
    for (const name of ["unit", "quantity"]) model.on(`change:${name}`, () => this.show());
  }

  build() {
    const { model } = this;
    const box = element("textarea", { rows: 3, spellcheck: "false", dir: "auto" });
    box.maxLength = 5 * LONGEST; // a megabyte that is pasted would hold the page up
    this.text = field("Text to read", box);
    this.layer = field("Layer", element("select"));
    for (let layer = 0; layer < model.get("_layers"); layer++) {
      this.layer.input.append(element("option", { value: layer }, String(layer + 1)));
    }
    this.quantity = field("Colour by", element("select"));
    for (const name of quantities(model.get("_kind"))) {
      this.quantity.input.append(element("option", { value: name }, NAMES[name]));
    }
    const most = model.get("_units") - 1;
    this.unit = field("Unit", element("input", { type: "number", min: 0, max: most, step: 1 }));
    this.previous = element("button", { type: "button", "aria-label": "Previous unit" }, "◀");
    this.next = element("button", { type: "button", "aria-label": "Next unit" }, "▶");
    this.start = element("button", { type: "button", class: "rnnbook-main" }, "Read");
    this.guesses = element("input", { type: "checkbox", checked: "" });
    this.strip = element("div", { class: "rnnbook-strip", tabindex: 0, role: "group", dir: "auto" });
    this.map = element("canvas", { class: "rnnbook-map", tabindex: 0, role: "img" });
    this.detail = element("p", { class: "rnnbook-heading", role: "status" });
    this.el.replaceChildren(this.controls(), this.strip, this.detail, this.map, this.message);
    this.listen();
  }

  controls() {
    const buttons = element("div", { class: "rnnbook-buttons" }, this.start);
    const units = element("div", { class: "rnnbook-buttons" }, this.previous, this.unit.input);
    units.append(this.next);
    this.unit.row.append(units);
    const check = element("label", { class: "rnnbook-check" }, this.guesses, " Guesses below");
    const rows = [this.text.row, buttons, this.quantity.row, this.unit.row, check];
    if (this.model.get("_layers") > 1) rows.splice(2, 0, this.layer.row);
    this.text.row.classList.add("rnnbook-wide");
    const group = element("div", { class: "rnnbook-controls", role: "group" }, ...rows);
    group.setAttribute("aria-label", `Read with the model ${this.model.get("name")}`);
    return group;
  }

  listen() {
    const { model } = this;
    this.start.addEventListener("click", () => {
      if (this.text.input.value === model.get("text")) this.read();
      else this.update("text", this.text.input.value);
    });
    this.quantity.input.addEventListener("change", ({ target }) =>
      this.update("quantity", target.value),
    );
    this.layer.input.addEventListener("change", ({ target }) =>
      this.update("layer", Number(target.value)),
    );
    this.unit.input.addEventListener("change", ({ target }) => {
      const unit = Number(target.value);
      const isThere = target.value !== "" && Number.isInteger(unit);
      if (isThere && unit >= 0 && unit < model.get("_units")) this.update("unit", unit);
      else this.say(`The units are numbered 0 to ${model.get("_units") - 1}.`, true);
    });
    this.previous.addEventListener("click", () => this.move(-1));
    this.next.addEventListener("click", () => this.move(1));
    this.guesses.addEventListener("change", () => {
      this.strip.classList.toggle("rnnbook-bare", !this.guesses.checked);
    });
    this.strip.addEventListener("click", ({ target }) => {
      const column = target.closest("[data-t]");
      if (column) this.point(Number(column.dataset.t));
    });
    this.map.addEventListener("click", (event) => {
      const share = event.offsetY / this.map.clientHeight;
      const unit = Math.floor(share * model.get("_units"));
      this.update("unit", Math.max(0, Math.min(model.get("_units") - 1, unit)));
    });
    for (const part of [this.strip, this.map]) {
      part.addEventListener("keydown", (event) => this.key(event));
    }
  }

  key(event) {
    const steps = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10 };
    const moves = { ArrowLeft: -1, ArrowRight: 1 };
    if (event.key in steps) this.move(steps[event.key]);
    else if (event.key in moves) this.point(this.at + moves[event.key]);
    else return;
    event.preventDefault();
  }

  // Another unit; after the last comes the first.
  move(by) {
    const count = this.model.get("_units");
    this.update("unit", (((this.model.get("unit") + by) % count) + count) % count);
  }

  showSettings() {
    const { model } = this;
    this.text.input.value = model.get("text");
    this.quantity.input.value = model.get("quantity");
    this.layer.input.value = model.get("layer");
    this.unit.input.value = model.get("unit");
  }

  // The text, and under each character what the network expected after it.
  fill(guesses) {
    const { strip, chars } = this;
    const columns = chars.map((char, t) => {
      const rows = (guesses[t] ?? []).map(([guess, prob]) => {
        const cell = element("span", { class: "rnnbook-guess" }, sign(guess));
        cell.style.setProperty("--p", prob.toFixed(2));
        return cell;
      });
      const shown = element("span", { class: "rnnbook-char" }, sign(char));
      const column = element("span", { class: "rnnbook-column", "data-t": t }, shown, ...rows);
      return char === "\n" ? [column, element("span", { class: "rnnbook-break" })] : [column];
    });
    strip.replaceChildren(...columns.flat());
    this.columns = Array.from(strip.querySelectorAll("[data-t]"));
    this.expected = guesses;
  }

  colour(values) {
    const { model } = this;
    this.now = values;
    this.columns.forEach((column, t) => {
      const value = values[t] ?? 0;
      column.style.setProperty("--v", Math.min(1, Math.abs(value)).toFixed(2));
      column.classList.toggle("rnnbook-negative", value <= -0.005);
    });
    const label = `${NAMES[model.get("quantity")]} of unit ${model.get("unit")}`;
    this.strip.setAttribute("aria-label", `The text, coloured by the ${label}; arrow keys move`);
    this.describe();
  }

  // One sentence on the character that the keys or the pointer chose.
  point(t) {
    if (t < 0 || t >= this.columns.length) return;
    this.columns[this.at]?.classList.remove("rnnbook-here");
    this.at = t;
    this.columns[t].classList.add("rnnbook-here");
    this.columns[t].scrollIntoView({ block: "nearest", inline: "nearest" });
    this.describe();
  }

  describe() {
    const { model, at } = this;
    if (at >= this.chars.length) return;
    const value = (this.now[at] ?? 0).toFixed(2);
    const guesses = (this.expected[at] ?? [])
      .map(([guess, prob]) => `${sign(guess)} ${(100 * prob).toFixed(0)} %`)
      .join(", ");
    const where = `After character ${at + 1}, ${sign(this.chars[at])}`;
    const unit = `${NAMES[model.get("quantity")]} of unit ${model.get("unit")} is ${value}`;
    this.detail.textContent = `${where}: the ${unit}. Expected next: ${guesses}.`;
  }

  // Read the text anew: another text, or another layer.
  async read() {
    const run = ++this.run;
    this.showSettings();
    this.el.setAttribute("aria-busy", "true");
    try {
      await this.readWith(await this.network(), run);
    } catch (error) {
      if (run === this.run) this.say(`The figure cannot go on: ${error.message}`, true);
    }
    if (run === this.run) this.el.removeAttribute("aria-busy");
  }

  async readWith(network, run) {
    if (run !== this.run) return;
    const { model } = this;
    const all = Array.from(model.get("text"));
    const { ids, unknown } = network.encode(all.slice(0, LONGEST).join(""));
    if (unknown.length) {
      this.say(`The network never read these characters: ${unknown.slice(0, 8).join(" ")}`, true);
      return;
    }
    if (ids.length === 0) {
      this.say("There is no text to read; type at least one character.", true);
      return;
    }
    this.say("Reading …");
    const reading = new Reading(network, ids, model.get("layer"));
    if (!(await this.inSlices(reading.steps(), run))) return;
    this.reading = reading;
    this.at = 0;
    this.chars = ids.map((id) => network.vocab[id]);
    this.fill(reading.guesses.map((row) => row.map(([id, prob]) => [network.vocab[id], prob])));
    const rest = all.length - this.chars.length;
    this.show();
    this.say(rest ? `Read ${this.chars.length} characters; ${rest} more were left out.` : "");
  }

  // Another unit or quantity of what was read; the first time, the network is fetched.
  show() {
    this.showSettings();
    if (!this.reading) return this.read();
    const { model } = this;
    this.colour(this.reading.unit(model.get("quantity"), model.get("unit")));
    return this.draw();
  }

  // All units by all characters, the chosen one framed.
  draw() {
    const { reading, map, model } = this;
    const values = reading.values[model.get("quantity")];
    const [width, height] = [reading.ids.length, reading.size];
    map.width = width;
    map.height = height;
    const context = map.getContext("2d");
    const image = context.createImageData(width, height);
    for (let unit = 0; unit < height; unit++) {
      for (let t = 0; t < width; t++) {
        const value = Math.max(-1, Math.min(1, values[t * height + unit]));
        const tone = value < 0 ? [33, 102, 172] : [178, 24, 43];
        image.data.set([...tone, 255 * Math.abs(value)], 4 * (unit * width + t));
      }
    }
    context.putImageData(image, 0, 0);
    const top = (100 * model.get("unit")) / height;
    map.style.setProperty("--unit", `${top}%`);
    map.setAttribute(
      "aria-label",
      `The ${NAMES[model.get("quantity")]} of all ${height} units after each of ${width} ` +
        `characters; unit ${model.get("unit")} is chosen. Up and down choose another.`,
    );
  }
}

export function render({ model, el }) {
  const reader = new Reader(model, el);
  return () => reader.run++;
}
