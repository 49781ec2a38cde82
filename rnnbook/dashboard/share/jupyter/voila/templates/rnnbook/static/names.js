// What ipywidgets leaves unsaid to screen readers: names of sliders, regions and switches.
const ROLES = {
  ".rnnbook-page": ["region", "What the network wrote"],
  ".rnnbook-heatmap": ["region", "Hidden activations"],
  ".rnnbook-message": ["status", "What is happening"],
  ".rnnbook-tabs": ["group", "What to do here"],
};

function nameWidgets() {
  for (const slider of document.querySelectorAll(".widget-slider")) {
    const name = slider.querySelector(".widget-label")?.textContent ?? "";
    const value = slider.querySelector(".widget-readout");
    slider.querySelector(".noUi-handle")?.setAttribute("aria-label", name);
    value?.setAttribute("role", "textbox");
    value?.setAttribute("aria-label", `${name}, as a number`);
  }
  for (const [selector, [role, name]] of Object.entries(ROLES)) {
    document.querySelectorAll(selector).forEach((element, place) => {
      element.setAttribute("role", role);
      element.setAttribute("aria-label", place ? `${name} (${place + 1})` : name);
    });
  }
  // Boxes that scroll are reached by the keyboard.
  for (const page of document.querySelectorAll(".rnnbook-page")) page.tabIndex = 0;
  for (const button of document.querySelectorAll(".rnnbook-tabs button")) {
    button.setAttribute("aria-pressed", button.classList.contains("mod-active"));
  }
  for (const button of document.querySelectorAll(".jupyter-button.widget-upload")) {
    const count = [...button.childNodes].find((node) => node.nodeValue?.endsWith(" (0)"));
    if (count) count.nodeValue = count.nodeValue.slice(0, -4);
  }
  for (const box of document.querySelectorAll(".rnnbook-flow, .rnnbook-query")) {
    for (const label of box.querySelectorAll("label:empty")) label.remove();
  }
}

let isNaming = false;
new MutationObserver(() => {
  if (isNaming) return;
  isNaming = true;
  setTimeout(() => { isNaming = false; nameWidgets(); }, 100);
}).observe(document.documentElement, {
  childList: true, subtree: true, attributes: true, attributeFilter: ["class"],
});
