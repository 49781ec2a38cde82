// A page of the built book as it stands on paper: nothing to press, nothing folded away.
//
// {html, page, label, stills, known} => {title, body}, the body as XHTML. `page` is the page's
// name, `label` what stands before its title, `stills` the pictures of its live figures in order,
// each {source, alt, width}, and `known` a file for the name of every page. All ids begin with the
// page's name, so that the pages can be bound into one, and a link to another page names an id too:
// memory.xhtml#memory.
({ html, page, label, stills, known }) => {
  const DESCRIBED = 200; // characters of a still's text that stand for it where it is not seen
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const article = parsed.querySelector("article");
  const all = (selector, root = article) => [...root.querySelectorAll(selector)];
  const make = (tag, properties, ...children) => {
    const made = Object.assign(parsed.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  // A quiz asks first; the answers stand together below.
  function printQuiz(figure) {
    const answers = all("details", figure).map((answer) => {
      answer.querySelector("summary").remove();
      answer.remove();
      return make("li", {}, ...answer.childNodes);
    });
    for (const list of all("ul", figure)) {
      const lettered = make("ol", { type: "a" }, ...list.childNodes);
      list.replaceWith(lettered);
    }
    const below = [make("p", { className: "paper-answers" }, "Answers"), make("ol", {}, ...answers)];
    const asked = all(".rnnbook-still > *", figure);
    // The cells that put the questions give the answers away.
    const cell = figure.closest(".cell");
    cell.querySelector(".cell_input")?.remove();
    const isSilent = (before) => before?.matches(".cell:not(:has(.cell_output))");
    while (isSilent(cell.previousElementSibling)) cell.previousElementSibling.remove();
    figure.replaceWith(make("div", { className: "paper-quiz" }, ...asked, ...below));
  }

  function printStill(figure, { source, named, width }) {
    const still = figure.querySelector(".rnnbook-still");
    all("[aria-hidden]", still).forEach((unsaid) => unsaid.remove()); // a drawing: words stand beside it
    const text = still.textContent.trim().replace(/\s+/g, " ");
    const shown = text.length > DESCRIBED ? `${text.slice(0, DESCRIBED)} …` : text;
    const alt = ["A live figure", named, shown].filter(Boolean).join(". ");
    const picture = make("img", { src: source, alt, width });
    const caption = make("figcaption", {}, "A live figure, as it first stands.");
    figure.replaceWith(make("figure", { className: "paper-still" }, picture, caption));
  }

  // What a script or a reader would press, hear or unfold.
  function flatten() {
    // (a chapter's number stands in its label)
    all(".headerlink, .section-number, button, script, .rnnbook-filter, .toctree-wrapper").forEach((gone) => gone.remove());
    for (const sound of all("audio")) {
      sound.replaceWith(make("em", { className: "paper-note" }, "A sound, in the web page."));
    }
    for (const folded of all("details")) {
      const summary = folded.querySelector("summary");
      const isVerdict = summary?.matches(".rnnbook-verdict"); // in the ledger it says what was found
      if (isVerdict) summary.before(make("p", { className: "rnnbook-verdict" }, ...summary.childNodes));
      summary?.remove();
      folded.replaceWith(make("div", { className: "paper-folded" }, ...folded.childNodes));
    }
    for (const item of all("[tabindex], [border]")) {
      for (const name of ["tabindex", "border"]) item.removeAttribute(name);
    }
  }

  // Two drawings may use one name for two things; most of their names name nothing that is used.
  function isolate(drawing, number) {
    const text = drawing.outerHTML;
    const used = new Set([...text.matchAll(/url\(&quot;#([^)&]+)|url\(#([^)]+)\)|href="#([^"]+)"/g)]
      .map((match) => match[1] ?? match[2] ?? match[3]));
    for (const element of all("[id]", drawing)) {
      if (used.has(element.id)) element.id = `drawing${number}-${element.id}`;
      else element.removeAttribute("id");
    }
    const renamed = (value) => value
      .replace(/url\((["']?)#/g, `url($1#${page}.drawing${number}-`)
      .replace(/^#/, `#${page}.drawing${number}-`);
    // A style sheet of its own names the drawing by its id, which is about to begin with the page's name.
    for (const style of drawing.id ? all("style", drawing) : []) {
      const id = CSS.escape(`${page}.${drawing.id}`);
      style.textContent = style.textContent.replaceAll(`#${CSS.escape(drawing.id)}`, `#${id}`);
    }
    for (const element of [drawing, ...all("*", drawing)]) {
      for (const attribute of [...element.attributes]) {
        const { name, value } = attribute; // a colour begins with # as well
        if (/url\(/.test(value) || (/href$/.test(name) && value[0] === "#")) attribute.value = renamed(value);
        if (/^data-|^xmlns:(?!xlink)/.test(attribute.name)) element.removeAttribute(attribute.name);
      }
    }
  }

  function link(anchor) {
    const address = anchor.getAttribute("href") ?? "";
    if (/^[a-z]+:/.test(address)) return;
    const base = new URL(`https://book/${known[page]}`);
    const { pathname, hash } = new URL(address, base);
    const target = Object.keys(known).find((name) => `/${known[name]}` === pathname);
    if (target === undefined) anchor.replaceWith(...anchor.childNodes); // a file, or the search
    else anchor.setAttribute("href", `${target}.xhtml#${hash ? `${target}.${hash.slice(1)}` : target}`);
  }

  let taken = 0;
  for (const figure of all(".rnnbook-figure")) {
    if (figure.dataset.widget === "quiz") printQuiz(figure);
    else printStill(figure, stills[taken++]);
  }
  flatten();
  all("svg").filter((one) => !one.parentElement.closest("svg")).forEach(isolate);
  const seen = new Set([page]);
  for (const element of all("[id]")) {
    const id = `${page}.${element.id}`;
    if (seen.has(id)) element.removeAttribute("id");
    else element.id = id;
    seen.add(id);
  }
  for (const element of all("[aria-labelledby]")) {
    element.setAttribute("aria-labelledby", `${page}.${element.getAttribute("aria-labelledby")}`);
  }
  all("a").filter((anchor) => !anchor.closest("svg")).forEach(link);
  const title = article.querySelector("h1");
  const words = title.textContent.trim();
  if (label) title.prepend(make("span", { className: "paper-label" }, label), " ");
  const bound = make("section", { className: "paper-page", id: page }, ...article.childNodes);
  return { title: words, body: new XMLSerializer().serializeToString(bound) };
}
