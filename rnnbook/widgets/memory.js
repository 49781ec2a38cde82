// How much each earlier character still matters to the guess at the end, for two
// networks side by side.

import { button, element } from "./elements.js";
import { sign } from "./figure.js";
import { ReadingFigure } from "./reading_figure.js";
import { Strip } from "./strip.js";

const FULL = 1; // bits that have the full colour; a quarter of that has half
const FAR = 10; // characters back from which a memory is called long

class Memory extends ReadingFigure {
  constructor(model, el) {
    super(model, el, "memory", 100);
    this.build();
    this.text.input.value = model.get("text");
    const chars = Array.from(model.get("text"));
    this.names.forEach((_, k) => this.show(k, chars, model.get("_bits")[k]));
    model.on("change:text", () => this.read());
  }

  build() {
    this.names = this.model.get("_networks");
    this.textField("Text to read: its end is the question");
    const start = button("Measure", () => this.start(), true);
    const stop = button("Stop", () => this.halt("Stopped."));
    const buttons = element("div", { class: "rnnbook-buttons" }, start, stop);
    this.sides = this.names.map((name, k) => {
      const strip = new Strip((t) => this.describe(k, t));
      const total = element("p", { class: "rnnbook-heading" });
      return { name, strip, total };
    });
    this.detail = element("p", { class: "rnnbook-heading", role: "status" });
    const boxes = this.sides.map(({ name, strip, total }) =>
      element("div", { class: "rnnbook-half" }, element("p", { class: "rnnbook-name" }, name), strip.box, total),
    );
    const label = "How much each earlier character matters";
    this.el.replaceChildren(
      this.group(label, this.text.row, buttons),
      element("div", { class: "rnnbook-halves" }, ...boxes),
      this.detail,
      this.message,
    );
  }

  // bits (T,): what the guess at the end loses when that character is another one
  show(k, chars, bits) {
    const { strip, total, name } = this.sides[k];
    const same = strip.chars?.join("") === chars.join("");
    if (!same) strip.fill(chars);
    strip.bits = bits;
    const label = `The text, coloured by what each character matters to ${name}; arrow keys move`;
    strip.colour(bits.map((value) => Math.sqrt(value / FULL)), label);
    const sum = (part) => part.reduce((all, value) => all + value, 0);
    const [all, far] = [sum(bits), sum(bits.slice(0, Math.max(0, chars.length - FAR)))];
    const share = all > 0 ? Math.round((100 * far) / all) : 0;
    total.textContent = `Further back than ${FAR} characters: ${far.toFixed(2)} bits, ${share} %`;
  }

  describe(k, t) {
    const { name, strip } = this.sides[k];
    const back = strip.chars.length - 1 - t;
    const bits = (strip.bits[t] ?? 0).toFixed(3);
    this.detail.textContent =
      `${sign(strip.chars[t])}, ${back} characters before the last: were it another, ` +
      `the guess of ${name} would be ${bits} bits off.`;
  }

  read() {
    this.text.input.value = this.model.get("text");
    return this.attempt(async (isNewest) => {
      this.theEngine?.stop();
      const all = Array.from(this.model.get("text"));
      const kept = all.slice(-this.longest);
      for (const [k, name] of this.names.entries()) {
        const { vocab } = await this.network(name);
        if (!isNewest()) return;
        const ids = this.idsOf(vocab, kept.join(""));
        if (ids === null) return;
        const bits = kept.map(() => 0);
        this.say(`Asking ${name} …`);
        const finished = await this.engine.ask("influence", { model: name, ids }, (step) => {
          bits[step.t] = step.bits;
        });
        if (!finished) return;
        this.show(k, kept, bits);
      }
      const rest = all.length - kept.length;
      this.say(rest ? `Only the last ${this.longest} characters were read.` : "");
    });
  }
}

export function render({ model, el }) {
  const memory = new Memory(model, el);
  return () => memory.close();
}
