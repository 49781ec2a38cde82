// What ipywidgets leaves unsaid to screen readers: the names of sliders and of regions.
const ROLES = {
  ".rnnbook-page": ["region", "What the network wrote"],
  ".rnnbook-heatmap": ["region", "Hidden activations"],
  ".rnnbook-message": ["status", "What is happening"],
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
    for (const element of document.querySelectorAll(selector)) {
      element.setAttribute("role", role);
      element.setAttribute("aria-label", name);
    }
  }
}

let isNaming = false;
new MutationObserver(() => {
  if (isNaming) return;
  isNaming = true;
  setTimeout(() => { isNaming = false; nameWidgets(); }, 100);
}).observe(document.documentElement, { childList: true, subtree: true });
