// A figure as a module of its own. Above stand `render`, and what it starts from: `rnnbook_start`,
// its state; `rnnbook_held`, its network in gzip and base64, called `rnnbook_name`; and
// `rnnbook_sheet`, its style.
async function rnnbookUnpacked() {
  const bytes = Uint8Array.from(atob(rnnbook_held), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Stands in for anywidget's model: there is no kernel that would share the state.
function rnnbookModel(weights) {
  const state = { ...rnnbook_start, _weights: { [rnnbook_name]: weights } };
  const listeners = {};
  return {
    get: (key) => state[key],
    set(key, value) {
      const changed = state[key] !== value;
      state[key] = value;
      if (changed) (listeners[`change:${key}`] ?? []).forEach((listener) => listener());
    },
    on: (event, listener) => (listeners[event] ??= []).push(listener),
    off() {},
    save_changes() {},
  };
}

export default {
  async render({ el }) {
    const style = document.createElement("style");
    style.textContent = rnnbook_sheet;
    const stage = document.createElement("div");
    el.append(style, stage);
    return render({ model: rnnbookModel(await rnnbookUnpacked()), el: stage });
  },
};
