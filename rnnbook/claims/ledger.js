// Narrows the ledger to the claims of a verdict or of a chapter. Without it all are shown.
(function () {
  function begin() {
    const form = document.querySelector("form.rnnbook-filter");
    if (!form || form.dataset.begun) return;
    form.dataset.begun = "yes";
    form.hidden = false;
    const all = Array.from(document.querySelectorAll(".rnnbook-claim[data-verdict]"));
    const claims = all.slice(0, Number(form.dataset.claims)); // an exercise adds one
    const said = form.querySelector("output");

    function show() {
      const { verdict, chapter } = form.elements;
      let shown = 0;
      for (const claim of claims) {
        const fits =
          (!verdict.value || claim.dataset.verdict === verdict.value) &&
          (!chapter.value || claim.dataset.chapter === chapter.value);
        claim.hidden = !fits;
        shown += fits;
      }
      said.textContent = `${shown} of ${claims.length} claims`;
    }

    // A link to a claim shows it, whatever was chosen, and unfolds it.
    function follow() {
      const claim = claims.find((one) => `#${one.id}` === location.hash);
      if (!claim) return;
      if (claim.hidden) {
        form.reset();
        show();
      }
      claim.querySelector("details").open = true;
      claim.scrollIntoView();
    }

    form.addEventListener("change", show);
    form.addEventListener("submit", (event) => event.preventDefault());
    addEventListener("hashchange", follow);
    show();
    follow();
  }
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", begin);
  } else {
    begin();
    setTimeout(begin, 0);
  }
})();
