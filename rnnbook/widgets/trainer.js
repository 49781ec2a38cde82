// min-char-rnn, trained in the page on a text that the reader may replace.

import { button, checkbox, choice, element, field, slider } from "./elements.js";
import { Figure } from "./figure.js";
import { textBox } from "./strip.js";

const LONGEST = 50_000;
const LEAST = 50; // characters of a text that can be trained on
const STARTS = [
  ["", "small, as published"],
  ["1", "radius 1"],
  ["3", "radius 3: the gradient grows"],
];
const POINTS = 400; // of the curve; then every other one is dropped

const MULTIPLIED = 10; // times the last step's gradient: it is said that it explodes

const times = (factor) => `${factor < 1000 ? factor.toPrecision(2) : factor.toExponential(0).replace("e+", " · 10^")} times`;

class Trainer extends Figure {
  constructor(model, el) {
    super(model, el, "trainer");
    this.build();
    this.showSettings();
    this.forget();
    this.sample.textContent = model.get("_sample");
    for (const name of ["learning_rate", "hidden_size", "seq_len", "text"]) {
      model.on(`change:${name}`, () => this.changed(name));
    }
  }

  build() {
    this.text = field("Text to learn", textBox(LONGEST / 5));
    this.text.row.classList.add("rnnbook-wide");
    this.rate = slider("Learning rate", -3, 1, 0.25);
    this.hidden = slider("Hidden units", 10, 200, 10);
    this.steps = slider("Sequence length", 5, 100, 5);
    this.radius = choice("Recurrent weights start", STARTS);
    this.clip = checkbox("Clip the gradients at 5", (isOn) => this.adjust("clipAt", isOn ? 5 : null));
    this.clip.input.checked = true;
    this.start = button("Train", () => this.train(), true);
    this.stop = button("Pause", () => this.pause());
    this.fresh = button("Start afresh", () => this.reset());
    const buttons = element("div", { class: "rnnbook-buttons rnnbook-wrap rnnbook-wide" }, this.start, this.stop, this.fresh);
    const rows = [this.text, this.rate, this.hidden, this.steps, this.radius].map(({ row }) => row);
    this.curve = element("canvas", { class: "rnnbook-curve", role: "img" });
    this.numbers = element("p", { class: "rnnbook-heading" });
    this.reach = element("div", { class: "rnnbook-reach", role: "img" });
    this.scale = element("p", { class: "rnnbook-heading rnnbook-scale" });
    this.sample = element("div", { class: "rnnbook-text", tabindex: 0, role: "region" });
    this.sample.setAttribute("aria-label", "What the network writes");
    const left = element("div", {}, this.numbers, this.curve, this.reachHeading(), this.reach, this.scale);
    const shown = element("div", { class: "rnnbook-halves" }, left, this.sample);
    const controls = this.group("Train a network in this page", ...rows, this.clip.row, buttons);
    this.el.replaceChildren(controls, shown, this.message);
    this.listen();
  }

  reachHeading = () =>
    element("p", { class: "rnnbook-heading" }, "How much of the last step's gradient arrives, step by step back:");

  listen() {
    const whole = (name) => ({ target }) => this.update(name, Number(target.value));
    this.rate.input.addEventListener("input", ({ target }) =>
      this.update("learning_rate", 10 ** Number(target.value)),
    );
    this.hidden.input.addEventListener("input", whole("hidden_size"));
    this.steps.input.addEventListener("input", whole("seq_len"));
    this.radius.input.addEventListener("change", () => this.reset());
    this.text.input.addEventListener("change", ({ target }) => this.update("text", target.value));
  }

  showSettings() {
    const { model } = this;
    this.text.input.value = model.get("text");
    this.rate.input.value = Math.log10(model.get("learning_rate"));
    this.rate.value.textContent = model.get("learning_rate").toPrecision(2);
    this.hidden.input.value = model.get("hidden_size");
    this.hidden.value.textContent = `${model.get("hidden_size")}`;
    this.steps.input.value = model.get("seq_len");
    this.steps.value.textContent = `${model.get("seq_len")} characters`;
  }

  // The learning rate and the length change what runs; another size or text needs a new network.
  changed(name) {
    this.showSettings();
    if (name === "learning_rate") this.adjust("learningRate", this.model.get(name));
    else if (name === "seq_len") this.adjust("seqLen", this.model.get(name));
    else this.reset();
  }

  // A job ends the one that runs, so training goes on after it.
  async adjust(name, value) {
    if (!this.begun) return;
    const wasRunning = this.running;
    await this.engine.ask("adjust", { name, value }, () => {});
    if (wasRunning && this.begun) this.train();
  }

  forget() {
    this.begun = false;
    this.running = false;
    this.points = [];
    this.every = 1;
    this.seen = 0;
    this.start.textContent = "Train";
    this.stop.disabled = true;
    this.numbers.textContent = "Nothing is learnt yet.";
    this.draw();
    this.drawReach([]);
  }

  reset() {
    this.halt("");
    this.forget();
    this.sample.textContent = "";
  }

  pause() {
    this.halt("Paused.");
    this.running = false;
    this.start.textContent = "Go on";
    this.stop.disabled = true;
  }

  // What the network is to be: null after saying why it cannot.
  settings() {
    const { model } = this;
    const chars = Array.from(model.get("text"));
    const { length } = chars;
    const vocab = [...new Set(chars)].sort((a, b) => a.codePointAt(0) - b.codePointAt(0));
    const seqLen = model.get("seq_len");
    const least = Math.max(LEAST, seqLen + 1);
    if (length < least || vocab.length < 2) {
      this.say(`The text is too short; type at least ${least} characters, of two kinds or more.`, true);
      return null;
    }
    const ids = chars.slice(0, LONGEST).map((char) => vocab.indexOf(char));
    const radius = this.radius.input.value === "" ? null : Number(this.radius.input.value);
    const clipAt = this.clip.input.checked ? 5 : null;
    const learningRate = model.get("learning_rate");
    return { ids, vocab, hiddenSize: model.get("hidden_size"), seqLen, learningRate, clipAt, radius, seed: 0 };
  }

  train() {
    return this.attempt(async () => {
      const settings = this.begun ? null : this.settings();
      if (!this.begun && settings === null) return;
      if (settings) this.vocab = settings.vocab;
      this.begun = true;
      this.running = true;
      this.start.textContent = "Train";
      this.stop.disabled = false;
      this.say("");
      const finished = await this.engine.ask("train", { settings }, (report) => this.report(report));
      if (finished) {
        this.running = false;
        this.begun = false;
        this.stop.disabled = true;
        this.start.textContent = "Train";
      }
    });
  }

  report({ iteration, loss, smooth, norm, reach, sample, broken }) {
    if (broken) {
      this.say(
        `The gradients exploded at iteration ${iteration}: the loss is ${loss}. Every step back ` +
          "multiplied them by the recurrent weights. Clip them, learn more slowly, or start smaller.",
        true,
      );
      return;
    }
    this.addPoint(iteration, loss, smooth);
    if (sample !== null) this.sample.textContent = sample;
    this.numbers.textContent =
      `Iteration ${iteration}: ${smooth.toFixed(2)} nats a character ` +
      `(guessing: ${Math.log(this.vocab.length).toFixed(2)}), gradient ${norm.toPrecision(2)}`;
    if (sample !== null) this.drawReach(reach);
    if (sample !== null) this.warn(Math.max(...reach));
    this.draw();
  }

  // Whether steps back multiply the gradient, now: the words go when it is over.
  warn(most) {
    if (most > MULTIPLIED) this.say(`Steps back multiply the gradient, up to ${times(most)}: it explodes.`, true);
    else this.say("");
  }

  addPoint(iteration, loss, smooth) {
    if (this.seen++ % this.every === 0) this.points.push([iteration, loss, smooth]);
    if (this.points.length > POINTS) {
      this.points = this.points.filter((_, k) => k % 2 === 0);
      this.every *= 2;
    }
  }

  draw() {
    const { curve, points } = this;
    // as many dots as the screen has, so that the numbers are as large as the words around them
    const [width, height, fine] = [curve.clientWidth || 340, 150, devicePixelRatio || 1];
    [curve.width, curve.height] = [fine * width, fine * height];
    const pen = curve.getContext("2d");
    pen.scale(fine, fine);
    const style = getComputedStyle(this.el);
    const colour = (name) => style.getPropertyValue(`--rnnbook-${name}`) || "grey";
    const most = Math.max(Math.log(this.vocab?.length ?? 60) * 1.1, 1);
    const last = Math.max(100, points.at(-1)?.[0] ?? 0);
    const at = (iteration, value) => [36 + ((width - 40) * iteration) / last, height - 18 - ((height - 24) * Math.min(value, most)) / most]; // prettier-ignore
    pen.font = "12px system-ui, sans-serif";
    pen.fillStyle = colour("muted");
    pen.strokeStyle = colour("line");
    for (let value = 0; value <= most; value++) {
      const [, y] = at(0, value);
      pen.beginPath();
      pen.moveTo(30, y);
      pen.lineTo(width, y);
      pen.stroke();
      pen.fillText(String(value), 14, y + 4);
    }
    pen.fillText(`${last} iterations`, width - 100, height - 4);
    [[1, "line", 1], [2, "accent", 2]].forEach(([which, name, wide]) => {
      pen.strokeStyle = colour(name);
      pen.lineWidth = wide;
      pen.beginPath();
      for (const point of points) pen.lineTo(...at(point[0], point[which]));
      pen.stroke();
    }); // prettier-ignore
    const now = points.at(-1);
    const label = now ? `after ${now[0]} iterations it is ${now[2].toFixed(2)}` : "nothing yet";
    curve.setAttribute("aria-label", `The loss, in nats a character: ${label}`);
  }

  // Bars by steps back, the last step's own first; the tallest fills the box, and says what it is.
  drawReach(reach) {
    const shown = reach.slice(0, 50);
    const most = Math.max(1, ...shown);
    const bars = shown.map((size) => {
      const bar = element("span");
      bar.style.height = `${Math.max(1, (100 * size) / most)}%`;
      return bar;
    });
    const farthest = most > 1 ? `The tallest bar is ${times(most)} the first.` : "The first bar is the whole of it.";
    this.scale.textContent = shown.length ? `${farthest} Steps back, left to right: 0 to ${shown.length - 1}.` : "";
    this.reach.replaceChildren(...bars);
    const far = reach[Math.min(reach.length, 25) - 1];
    const label = reach.length ? `${Math.min(reach.length, 25) - 1} steps back: ${far.toExponential(0)} of it` : "not measured yet"; // prettier-ignore
    this.reach.setAttribute("aria-label", `Reach of the gradient, ${label}`);
    this.reach.title = label;
  }
}

export function render({ model, el }) {
  const trainer = new Trainer(model, el);
  return () => trainer.close();
}
