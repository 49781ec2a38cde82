// A self-checking quiz: what a reader chooses is answered with the reason.
//
// Text is text; what stands between backticks is shown as code.

import { button, element, keepKeys, newId } from "./elements.js";

const formatted = (text) =>
  text.split("`").map((part, k) => (k % 2 ? element("code", {}, part) : part));

// One question: a form, so that Enter checks the answer, and the arrows only choose.
class Question {
  constructor({ question, choices }, number, answer) {
    this.choices = choices;
    this.inputs = choices.map((_, value) =>
      element("input", { type: "radio", name: "answer", value }),
    );
    this.rows = choices.map(([text], k) =>
      element("label", { class: "rnnbook-answer" }, this.inputs[k], element("span", {}, ...formatted(text))),
    );
    this.reason = element("p", { class: "rnnbook-message", role: "status", id: newId() });
    const legend = element("legend", {}, `${number}. `, ...formatted(question));
    const check = element("button", { type: "submit", "aria-label": `Check question ${number}` }, "Check");
    this.form = element(
      "form",
      {},
      element("fieldset", { "aria-describedby": this.reason.id }, legend, ...this.rows),
      check,
      this.reason,
    );
    this.form.addEventListener("change", () => answer(null));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = this.inputs.findIndex((input) => input.checked);
      if (chosen < 0) this.reason.textContent = "Choose an answer first.";
      else answer(chosen);
    });
  }

  // The verdict on the answer that was checked, or none.
  show(chosen) {
    this.rows.forEach((row, k) => {
      const verdict = k !== chosen ? "" : this.choices[k][1] ? "right" : "wrong";
      row.className = `rnnbook-answer ${verdict && `rnnbook-${verdict}`}`;
    });
    if (chosen === null) return this.reason.replaceChildren();
    const [, isRight, why] = this.choices[chosen];
    this.inputs[chosen].checked = true;
    return this.reason.replaceChildren(
      element("strong", {}, isRight ? "Right. " : "Not this one. "),
      ...formatted(why),
    );
  }
}

class Quiz {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    el.classList.add("rnnbook-live", "rnnbook-quiz");
    keepKeys(el);
    model.on("change:questions", () => this.build());
    model.on("change:answers", () => this.show());
    this.build();
  }

  build() {
    this.questions = this.model
      .get("questions")
      .map((question, k) => new Question(question, k + 1, (chosen) => this.answer(k, chosen)));
    this.total = element("p", { class: "rnnbook-total" });
    this.again = button("Start again", () => {
      for (const { form } of this.questions) form.reset();
      this.update(this.questions.map(() => null));
    });
    const forms = this.questions.map(({ form }) => form);
    this.el.replaceChildren(...forms, element("div", { class: "rnnbook-buttons" }, this.again, this.total));
    this.show();
  }

  answer(k, chosen) {
    this.update(this.model.get("answers").map((old, at) => (at === k ? chosen : old)));
  }

  update(answers) {
    this.model.set("answers", answers);
    this.model.save_changes();
  }

  show() {
    const { questions } = this;
    const answers = this.model.get("answers");
    if (answers.length !== questions.length) return; // the kernel has sent one, not yet the other
    questions.forEach((question, k) => question.show(answers[k]));
    const right = questions.filter(({ choices }, k) => choices[answers[k]]?.[1]).length;
    this.total.textContent = `${right} of ${questions.length} answered right.`;
  }
}

export function render({ model, el }) {
  new Quiz(model, el);
}
