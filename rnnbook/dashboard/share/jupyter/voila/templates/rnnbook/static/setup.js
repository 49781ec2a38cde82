// What Voila's stock template defines in the page itself; its own scripts call these.
window.voila_heartbeat = () => {};
window.voila_process = () => {};
window.update_loading_text = () => {};

window.display_cells = () => {
  if (!window.themeLoaded) {
    window.cellLoaded = true;
    return;
  }
  document.getElementById("loading")?.remove();
  document.getElementById("rendered_cells")?.style.removeProperty("display");
};
window.voila_finish = window.display_cells;

// Voila's program begins at the page's load event. Here it comes later, and begins at once.
const listen = window.addEventListener;
window.addEventListener = function (kind, action, ...options) {
  if (kind !== "load" || document.readyState !== "complete") listen.call(this, kind, action, ...options);
  else setTimeout(action);
};
