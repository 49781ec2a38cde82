// Guess the letter: the reader guesses on until it is right, and so did a counter and a network.

import { button, element, field, keepKeys, newId } from "./elements.js";

const FEW = 20; // letters below which the bounds say little

// Shannon's bounds, as in guess.py.
function shannon(guesses) {
  const counts = new Array(Math.max(...guesses) + 1).fill(0);
  for (const k of guesses) counts[k - 1] += 1;
  const q = counts.map((count) => count / guesses.length).sort((a, b) => b - a);
  let [lower, upper] = [0, 0];
  q.forEach((share, at) => {
    if (share > 0) upper -= share * Math.log2(share);
    lower += (at + 1) * (share - (q[at + 1] ?? 0)) * Math.log2(at + 1);
  });
  return [lower, upper];
}

const seen = (char) => ({ " ": "␣", "\n": "⏎" })[char] ?? char;

class Guess {
  constructor(model, el) {
    this.model = model;
    this.chars = Array.from(model.get("text"));
    this.tried = new Set();
    el.classList.add("rnnbook-live", "rnnbook-guessing");
    keepKeys(el);
    this.build(el);
    this.show("");
    model.on("change:guesses", () => this.show());
  }

  build(el) {
    this.text = element("div", { class: "rnnbook-text", role: "region", tabindex: 0, "aria-label": "The text so far" });
    const input = element("input", { type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: 2 });
    this.guess = field("The next character", input);
    input.addEventListener("input", () => {
      const [char] = Array.from(input.value).slice(-1);
      input.value = "";
      if (char !== undefined) this.take(char);
    });
    const space = button("Space ␣", () => this.take(" "));
    const tell = button("Tell me", () => this.tell());
    const again = button("Start again", () => this.keep([]));
    this.buttons = [space, tell];
    const row = element("div", { class: "rnnbook-buttons rnnbook-wrap" }, space, tell, again);
    this.said = element("p", { class: "rnnbook-said", role: "status" });
    const id = newId();
    const headings = ["who", "right at once", "Shannon's bounds, bits", "its own bits"].map((name) => element("th", { scope: "col" }, name));
    this.rows = element("tbody", {});
    const table = element("table", { class: "rnnbook-scores", "aria-labelledby": id });
    table.append(element("thead", {}, element("tr", {}, ...headings)), this.rows);
    this.heading = element("p", { class: "rnnbook-heading", id });
    const controls = element("div", { class: "rnnbook-controls", role: "group", "aria-label": "Guess the letter" }, this.guess.row, row);
    el.replaceChildren(this.text, controls, this.said, this.heading, table);
  }

  get at() {
    return this.model.get("_start") + this.model.get("guesses").length;
  }

  keep(guesses) {
    this.tried.clear();
    this.model.set("guesses", guesses);
    this.model.save_changes();
  }

  // A guess; capital or small letter makes no difference.
  take(char) {
    const right = this.chars[this.at];
    if (right === undefined) return;
    const same = (a) => (a === "\n" ? " " : a.toLowerCase());
    if (same(char) !== same(right)) {
      if (this.tried.has(same(char))) this.say(`${seen(char)} was tried already.`);
      else {
        this.tried.add(same(char));
        this.say(`No ${seen(char)}. Tried: ${[...this.tried].map(seen).join(" ")}`);
      }
      return;
    }
    const count = this.tried.size + 1;
    this.said.textContent = "";
    this.found(count, `${seen(right)} is right, at guess ${count}.`);
  }

  // Giving up counts as the last guess of all.
  tell() {
    const right = this.chars[this.at];
    if (right !== undefined) this.found(this.model.get("_size"), `It was ${seen(right)}; that counts as guess ${this.model.get("_size")}.`);
  }

  found(count, words) {
    const rivals = Object.entries(this.model.get("_ranks"));
    const at = this.model.get("guesses").length;
    this.after = `${words} ${rivals.map(([name, ranks]) => `The ${name} had it at guess ${ranks[at]}.`).join(" ")}`;
    this.keep([...this.model.get("guesses"), count]);
  }

  say(words) {
    this.said.textContent = words;
  }

  show() {
    const guesses = this.model.get("guesses");
    const [start, at] = [this.model.get("_start"), this.at];
    const found = this.chars.slice(start, at).map((char, k) => {
      const part = element("span", { class: "rnnbook-guessed" }, char);
      part.style.setProperty("--surprise", Math.min(1, Math.log2(guesses[k]) / 4).toFixed(2));
      return part;
    });
    const isOver = at >= this.chars.length;
    const rest = isOver ? [] : [element("span", { class: "rnnbook-caret" }, "?")];
    this.text.replaceChildren(this.chars.slice(0, start).join(""), ...found, ...rest);
    this.text.scrollTop = this.text.scrollHeight; // the question mark stays in sight
    this.say(guesses.length ? this.after ?? "" : "Which character comes at the question mark? Guess until it is right.");
    if (isOver) this.say("That was the whole passage.");
    for (const one of this.buttons) one.disabled = isOver;
    this.guess.input.disabled = isOver;
    this.score(guesses);
  }

  score(guesses) {
    const n = guesses.length;
    const rivals = Object.entries(this.model.get("_ranks")).map(([name, ranks]) => {
      const bits = this.model.get("_bits")[name].slice(0, n);
      return [`the ${name}`, ranks.slice(0, n), bits.reduce((sum, one) => sum + one, 0) / n];
    });
    const few = n < FEW ? `; from fewer than ${FEW} they come out too small` : "";
    this.heading.textContent = n ? `After ${n} character${n > 1 ? "s" : ""}${few}:` : "Nothing guessed yet.";
    const rows = [["you", guesses, null], ...rivals].map(([name, ranks, bits]) => {
      const at = n ? ranks.filter((rank) => rank === 1).length / n : null;
      const bounds = n ? shannon(ranks).map((one) => one.toFixed(2)).join(" to ") : "–";
      const cells = [at === null ? "–" : `${Math.round(100 * at)} %`, bounds, n && bits !== null ? bits.toFixed(2) : "–"];
      return element("tr", {}, element("th", { scope: "row" }, name), ...cells.map((cell) => element("td", {}, cell)));
    });
    this.rows.replaceChildren(...rows);
  }
}

export function render({ model, el }) {
  new Guess(model, el);
}
