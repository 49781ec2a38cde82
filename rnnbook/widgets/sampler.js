// The sampler: a prompt, a temperature, a length and a seed become a text.
//
// Everything is computed here; Python only holds the settings.

import { button, checkbox, choice, element, field, slider } from "./elements.js";
import { Figure } from "./figure.js";
import { barRows } from "./bars.js";
import { firstDraw } from "./engine/sampling.js";
import { Written } from "./written.js";

const SETTINGS = ["prompt", "temperature", "length", "seed", "top_k", "top_p"];
const TOP_K = [1, 2, 3, 5, 10, 20, 40];

class Sampler extends Figure {
  constructor(model, el) {
    super(model, el, "sampler");
    this.build();
    this.showSettings();
    this.vocab = model.get("_vocab");
    this.known = { name: model.get("name"), prompt: model.get("prompt") }; // what _logits come after
    this.showFirst();
    this.showBars(model.get("_logits"));
    for (const name of SETTINGS) model.on(`change:${name}`, () => this.changed(name));
    model.on("change:name", () => this.changed("name"));
  }

  build() {
    const { model } = this;
    this.prompt = field("Prompt", element("textarea", { rows: 2, spellcheck: "false", maxlength: 2000 }));
    this.temperature = slider("Temperature", 0, 2, 0.05);
    this.length = slider("Length", 20, 1000, 20);
    this.seed = field("Seed", element("input", { type: "number", min: 0, step: 1 }));
    this.start = button("Generate", () => this.press(), true);
    this.fetchAhead(this.start);
    this.stop = button("Stop", () => this.end("Stopped."));
    this.written = new Written("");
    this.colour = checkbox("Colour surprises", (isOn) => this.written.colour(isOn));
    const rows = [this.prompt, this.temperature, this.length, this.seed].map(({ row }) => row);
    const names = model.get("_models");
    if (names.length) {
      this.name = choice("Model", names.map((name) => [name, name]));
      this.name.input.addEventListener("change", ({ target }) => this.update("name", target.value));
      rows.unshift(this.name.row);
    }
    const buttons = element("div", { class: "rnnbook-buttons" }, this.start, this.stop);
    const label = `Sample from the model ${model.get("name")}`;
    this.controls = this.group(label, ...rows, buttons, this.colour.row, this.cuts());
    this.el.replaceChildren(this.controls, this.results(), this.message);
    this.listen();
  }

  // What is cut off the distribution, folded: most readers need only the temperature.
  cuts() {
    const given = this.model.get("top_k");
    const counts = [...new Set([...TOP_K, ...(given ? [given] : [])])].sort((a, b) => a - b);
    this.topK = choice("Top-k: draw among", [["", "all"], ...counts.map((k) => [k, `the ${k} likeliest`])]);
    this.topP = slider("Top-p: draw among the likeliest", 0.05, 1, 0.05);
    this.topK.input.addEventListener("change", ({ target }) =>
      this.update("top_k", target.value === "" ? null : Number(target.value)),
    );
    this.topP.input.addEventListener("input", ({ target }) =>
      this.update("top_p", Number(target.value) >= 1 ? null : Number(target.value)),
    );
    const folded = element("details", { class: "rnnbook-folded rnnbook-wide" });
    const rows = element("div", { class: "rnnbook-controls" }, this.topK.row, this.topP.row);
    folded.append(element("summary", {}, "Cut off the unlikely: top-k and top-p"), rows);
    folded.open = given !== null || this.model.get("top_p") !== null;
    return folded;
  }

  results() {
    this.bars = element("div", { class: "rnnbook-bars" });
    const heading = element("p", { class: "rnnbook-heading" }, "What may come after the prompt");
    const text = element("div", {}, this.written.box, this.written.detail);
    const side = element("div", { class: "rnnbook-side" }, heading, this.bars);
    return element("div", { class: "rnnbook-results" }, text, side);
  }

  listen() {
    const update = (name) => ({ target }) => this.update(name, Number(target.value));
    this.temperature.input.addEventListener("input", update("temperature"));
    this.length.input.addEventListener("input", update("length"));
    this.seed.input.addEventListener("change", ({ target }) => {
      const seed = Number(target.value);
      const isThere = target.value !== "" && Number.isSafeInteger(seed) && seed >= 0;
      if (isThere) this.update("seed", seed);
      else this.say("The seed is a whole number of at least 0.", true);
    });
    this.prompt.input.addEventListener("change", ({ target }) =>
      this.update("prompt", target.value),
    );
  }

  showSettings() {
    const { model } = this;
    this.prompt.input.value = model.get("prompt");
    this.temperature.input.value = model.get("temperature");
    this.temperature.value.textContent = model.get("temperature").toFixed(2);
    this.length.input.value = model.get("length");
    this.length.value.textContent = `${model.get("length")} characters`;
    this.seed.input.value = model.get("seed");
    const [topK, topP] = [model.get("top_k"), model.get("top_p")];
    this.topK.input.value = topK ?? "";
    this.topP.input.value = topP ?? 1;
    this.topP.value.textContent = topP === null ? "all" : `${Math.round(100 * topP)} %`;
    if (this.name) this.name.input.value = model.get("name");
    const name = model.get("name");
    this.controls.setAttribute("aria-label", `Sample from the model ${name}`);
    this.written.box.setAttribute("aria-label", `What the network ${name} wrote`);
    this.stop.disabled = true;
  }

  // The text that Python wrote, before anything is computed here.
  showFirst() {
    const { model, written } = this;
    written.clear(model.get("prompt"));
    const [surprise, guesses] = [model.get("_surprise"), model.get("_guesses")];
    Array.from(model.get("text")).forEach((char, t) => {
      const pairs = Array.from(guesses[t]?.[0] ?? "", (guess, k) => [guess, guesses[t][1][k] / 100]);
      written.append({ char, surprise: surprise[t] ?? 0, guesses: pairs });
    });
  }

  // A setting has changed, here or in Python: show it and write anew.
  changed(name) {
    this.showSettings();
    if (["temperature", "top_k", "top_p"].includes(name)) this.showBars(this.logits);
    this.generate();
  }

  end(why) {
    this.halt(why);
    this.finish();
  }

  finish() {
    this.stop.disabled = true;
    this.model.set("text", this.written.text);
    this.model.set("running", false);
    this.model.save_changes();
  }

  get settings() {
    const [temperature, seed, topK, topP] = ["temperature", "seed", "top_k", "top_p"].map((name) =>
      this.model.get(name),
    );
    return { temperature, seed, topK, topP };
  }

  // On a small screen the text may stand elsewhere than the button.
  press() {
    this.written.box.scrollIntoView({ block: "nearest" });
    return this.generate();
  }

  generate() {
    return this.attempt(async (isNewest) => {
      const { model } = this;
      this.theEngine?.stop();
      this.stop.disabled = false;
      const coming = this.network();
      this.begin();
      const { vocab } = await coming;
      if (!isNewest()) return;
      this.vocab = vocab;
      const nothing = "The prompt is empty; type at least one character.";
      const ids = this.readable(vocab, model.get("prompt"), nothing);
      this.stop.disabled = ids === null;
      if (ids === null) return;
      this.say("");
      this.written.clear(model.get("prompt"));
      model.set("running", true);
      const args = { model: model.get("name"), ids, length: model.get("length"), settings: this.settings };
      const finished = await this.engine.ask("generate", args, (step) => {
        if (step.logits) this.showBars(step.logits);
        else this.written.append(step);
      });
      if (!finished) return;
      this.finish();
      this.say(`Wrote ${this.written.draws.length} characters.`);
    });
  }

  // The first character stands there before the network does, if the page knows what the network
  // says after this prompt.
  begin() {
    const { model, known } = this;
    const isKnown = Object.keys(known).every((name) => model.get(name) === known[name]);
    if (!isKnown || this.theEngine.loading.get(known.name).isThere) return;
    this.written.clear(known.prompt);
    this.written.append(firstDraw(model.get("_logits"), model.get("_vocab"), this.settings));
  }

  // The likeliest characters after the prompt, at the temperature of the slider.
  showBars(logits) {
    this.logits = logits;
    const [temperature, topK, topP] = ["temperature", "top_k", "top_p"].map((name) => this.model.get(name));
    this.bars.replaceChildren(...barRows(this.vocab, logits, temperature, topK, topP));
  }
}

export function render({ model, el }) {
  const sampler = new Sampler(model, el);
  return () => sampler.close();
}
