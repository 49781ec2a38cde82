// Turns a chapter as it stands on paper into slides. Runs in Chromium, in the page that holds it:
//
// ends => how many slides there are. `ends` are the sections that are for reading, not for a class.
(ends) => {
  const page = document.querySelector(".paper-page");
  const chapter = page.querySelector("section");
  const slides = [];

  const all = (selector, within) => [...within.querySelectorAll(selector)];
  const make = (name, className, ...inside) => {
    const made = document.createElement(name);
    made.className = className;
    made.append(...inside.filter(Boolean));
    return made;
  };
  const add = (kind, ...inside) => slides.push(make("section", `slide slide-${kind}`, ...inside));

  // A summary is a paragraph that says so; on a slide it needs no name.
  function takeSummary(section) {
    const found = all("p", section).find((one) => one.textContent.startsWith("Summary: "));
    if (!found) return null;
    const said = make("p", "slide-summary");
    said.innerHTML = found.innerHTML;
    const walker = document.createTreeWalker(said, NodeFilter.SHOW_TEXT);
    const first = walker.nextNode();
    first.data = first.data.replace("Summary: ", "");
    first.data = first.data.charAt(0).toUpperCase() + first.data.slice(1);
    found.remove();
    return said;
  }

  function addTitle() {
    const question = [];
    for (const one of chapter.children) {
      if (one.matches(".cell, section, ol")) break;
      if (one.matches("p")) question.push(one.cloneNode(true));
    }
    const figure = all("figure", chapter).find((one) => one.closest("section") === chapter);
    add("title", chapter.querySelector("h1"), ...question);
    if (figure) add("figure", figure);
    const promises = all("ol", chapter).find((one) => one.parentElement === chapter);
    if (promises) add("promises", make("h2", "", "After this chapter you can"), promises);
  }

  function addSection(section) {
    const heading = section.querySelector("h2");
    const summary = takeSummary(section);
    let shown = all("figure", section);
    const formulas = all(".formula, math[display=block]", section).filter(
      (one) => !one.parentElement.closest(".formula, figure")
    );
    if (!shown.length) shown = formulas.slice(0, 2);
    shown.forEach((one) => {
      const part = one.closest("section").querySelector(":scope > h3");
      const above = part ? make("p", "slide-part", part.textContent) : null;
      add("figure", heading.cloneNode(true), above, one);
    });
    if (summary) add("summary", heading.cloneNode(true), summary);
  }

  function addQuiz(quiz) {
    all(".rnnbook-asked", quiz).forEach((asked) => {
      const choices = asked.nextElementSibling;
      add("question", make("h2", "", "Quiz"), asked, choices);
    });
    const answers = quiz.querySelector(".paper-answers");
    if (answers) add("answers", make("h2", "", "Answers"), answers.nextElementSibling);
  }

  addTitle();
  for (const section of [...chapter.children].filter((one) => one.matches("section"))) {
    const name = section.querySelector("h2").textContent.trim();
    const quiz = section.querySelector(".paper-quiz");
    if (quiz) addQuiz(quiz);
    else if (!ends.includes(name)) addSection(section);
  }
  page.replaceChildren(...slides);

  // What is too large for its slide is made smaller, never cut.
  for (const slide of slides) {
    const inner = make("div", "slide-inner", ...slide.childNodes);
    slide.append(inner);
    const room = Math.min(
      slide.clientHeight / inner.scrollHeight,
      slide.clientWidth / inner.scrollWidth,
      1
    );
    if (room < 1) inner.style.zoom = room;
  }
  return slides.length;
};
