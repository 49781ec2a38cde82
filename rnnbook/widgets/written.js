// A text that a network wrote: every character can say how much it surprised, and
// what the network thought likeliest there.

import { element } from "./elements.js";
import { listed, sign } from "./figure.js";

const MOST = 5; // nats: a surprise that has the full colour

export class Written {
  constructor(label) {
    this.box = element("div", { class: "rnnbook-text", tabindex: 0, role: "region" });
    this.box.setAttribute("aria-label", label);
    this.detail = element("p", { class: "rnnbook-detail", role: "status" });
    this.clear("");
    this.box.addEventListener("pointerover", ({ target }) => this.point(this.place(target), false));
    this.box.addEventListener("click", ({ target }) => this.point(this.place(target), false));
    this.box.addEventListener("keydown", (event) => this.key(event));
  }

  place = (span) => this.spans.indexOf(span);

  clear(prompt) {
    this.draws = [];
    this.spans = [];
    this.at = -1;
    this.box.replaceChildren(element("span", { class: "rnnbook-prompt" }, prompt.replace(/^\n+/, "")));
    this.detail.textContent = "Point at a character, or use the arrow keys, to see what else was likely.";
  }

  get text() {
    return this.draws.map(({ char }) => char).join("");
  }

  append(draw) {
    this.draws.push(draw);
    const span = element("span", {}, draw.char);
    span.style.setProperty("--surprise", Math.min(1, draw.surprise / MOST).toFixed(2));
    this.spans.push(span);
    this.box.append(span);
  }

  colour(isOn) {
    this.box.classList.toggle("rnnbook-coloured", isOn);
  }

  key(event) {
    const moves = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    if (!(event.key in moves) || !this.spans.length) return;
    const last = this.spans.length - 1;
    this.point(Math.max(0, Math.min(last, this.at + moves[event.key])), true);
    event.preventDefault();
  }

  point(t, intoView) {
    if (t < 0 || !this.spans[t]) return;
    this.spans[this.at]?.classList.remove("rnnbook-here");
    this.at = t;
    this.spans[t].classList.add("rnnbook-here");
    if (intoView) this.spans[t].scrollIntoView({ block: "nearest", inline: "nearest" });
    const { char, surprise, guesses } = this.draws[t];
    const bits = (surprise / Math.LN2).toFixed(1);
    this.detail.textContent = `${sign(char)} cost ${bits} bits. Likeliest here: ${listed(guesses)}.`;
  }
}
