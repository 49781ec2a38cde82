// Brings the live figures of a page to life: no server, no kernel, no other host.
//
// A figure is an element with data-widget and data-state. Its script, and the
// weights that it asks for, are files beside this one; they are classic scripts,
// which a page may load from a folder on disk too.
(() => {
  const folder = document.currentScript.src.replace(/[^/]*$/, "");
  const waiting = new Map(); // file -> {promise, resolve}

  function load(file) {
    if (!waiting.has(file)) {
      const entry = {};
      entry.promise = new Promise((resolve, reject) => {
        entry.resolve = resolve;
        const script = document.createElement("script");
        script.src = folder + file;
        script.onerror = () => {
          waiting.delete(file); // so that the next touch tries again
          reject(new Error(`${file} could not be loaded`));
        };
        document.head.append(script);
      });
      waiting.set(file, entry);
    }
    return waiting.get(file).promise;
  }

  globalThis.rnnbook = {
    // called by the scripts that were loaded
    register: (file, value) => waiting.get(file)?.resolve(value),
    // a checkpoint, in base64: whoever needs the bytes decodes it
    weights: (name) => load(`weights/${name}.js`),
  };

  // A stand-in for anywidget's model, without a kernel behind it.
  function makeModel(state) {
    const listeners = {};
    return {
      get: (name) => state[name],
      set(name, value) {
        const changed = state[name] !== value;
        state[name] = value;
        if (changed) (listeners[`change:${name}`] ?? []).forEach((listener) => listener());
      },
      on: (event, listener) => (listeners[event] ??= []).push(listener),
      off() {},
      save_changes() {},
    };
  }

  async function start(figure) {
    const { widget, plain } = figure.dataset;
    const engine = plain === undefined ? ["shared.js"] : []; // a plain figure computes nothing
    const [make, shared] = await Promise.all([`${widget}.js`, ...engine].map(load));
    const { render } = make(shared);
    const stage = document.createElement("div");
    render({ model: makeModel(JSON.parse(figure.dataset.state)), el: stage });
    figure.querySelector(".rnnbook-still").replaceWith(stage);
    figure.dataset.alive = "true";
  }

  // A figure starts when the reader comes near it, and one after the other.
  let queue = Promise.resolve();
  const watch = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        watch.unobserve(target);
        queue = queue
          .then(() => new Promise((resolve) => setTimeout(resolve)))
          .then(() => start(target))
          .catch((error) => console.error(error)); // the others start all the same
      }
    },
    { rootMargin: "400px" },
  );
  const watchAll = () =>
    document.querySelectorAll(".rnnbook-figure").forEach((figure) => watch.observe(figure));
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", watchAll);
  else watchAll();
})();
