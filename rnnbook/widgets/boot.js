// Brings the live figures of a page to life: no server, no kernel, no other host.
//
// A figure is an element with data-widget and data-state. Its script, and the
// weights that it asks for, are files beside this one. Over http weights are fetched,
// piece by piece; a page on disk may only load scripts, so each lies there as one too.
(() => {
  if (globalThis.rnnbook?.register) return; // several figures may each bring this script
  const folder = document.currentScript.src.replace(/[^/]*$/, "");
  const files = new Map(); // file -> {promise, resolve, reject, asked}

  function entryOf(file) {
    if (!files.has(file)) {
      const entry = { asked: false };
      entry.promise = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
      files.set(file, entry);
    }
    return files.get(file);
  }

  function load(file) {
    const entry = entryOf(file);
    if (!entry.asked) {
      entry.asked = true;
      const script = document.createElement("script");
      script.src = folder + file;
      script.onerror = () => {
        files.delete(file); // so that the next touch tries again
        entry.reject(new Error(`${file} could not be loaded`));
      };
      document.head.append(script);
    }
    return entry.promise;
  }

  // A checkpoint from its file; everyone who asks for it is told the share that is there.
  const fetched = new Map(); // name -> {promise, share, told}
  function fetchWeights(name, tell) {
    if (!fetched.has(name)) {
      const entry = { share: 0, told: new Set() };
      entry.promise = download(`${folder}weights/${name}.safetensors`, (share) => {
        entry.share = share;
        entry.told.forEach((each) => each(share));
      });
      entry.promise.catch(() => fetched.delete(name)); // so that the next touch tries again
      fetched.set(name, entry);
    }
    const { promise, share, told } = fetched.get(name);
    if (share) tell(share);
    told.add(tell);
    return promise;
  }

  async function download(address, tell) {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`${address} could not be loaded (${response.status})`);
    const total = Number(response.headers.get("Content-Length")); // 0 if the server does not say
    const pieces = [];
    let length = 0;
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      length += value.length;
      if (length <= total) tell(length / total); // more than that: it travels compressed
    }
    return new Uint8Array(await new Blob(pieces).arrayBuffer());
  }

  // A checkpoint that the page itself holds: see rnnbook/packed.py.
  function held(name) {
    const all = document.querySelectorAll('script[type="application/x-rnnbook"]');
    return Array.from(all).find((script) => script.dataset.name === name);
  }

  const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%:()*+-;.=,?@^_`{|}~";

  // base85: five letters are four bytes; the last letters stand for as many bytes as there are, less one
  function bytesOf(text) {
    const values = new Uint8Array(128);
    for (let k = 0; k < 85; k++) values[LETTERS.charCodeAt(k)] = k;
    const view = new DataView(new ArrayBuffer(4 * Math.ceil(text.length / 5)));
    for (let k = 0; k < text.length; k += 5) {
      let sum = 0;
      for (let i = k; i < k + 5; i++) sum = 85 * sum + (i < text.length ? values[text.charCodeAt(i)] : 84);
      view.setUint32((4 * k) / 5, sum);
    }
    return new Uint8Array(view.buffer, 0, Math.floor((4 * text.length) / 5));
  }

  async function unpack(text) {
    const bytes = bytesOf(text.trim());
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  globalThis.rnnbook = {
    // called by the scripts that were loaded, or that stand in the page
    register(file, value) {
      const entry = entryOf(file);
      entry.asked = true;
      entry.resolve(value);
    },
    // a checkpoint: its bytes, or in base64, which whoever needs the bytes decodes;
    // `tell` hears which share of it is there, where that is known
    weights(name, tell = () => {}) {
      const script = held(name);
      if (script) return unpack(script.textContent);
      return folder.startsWith("http") ? fetchWeights(name, tell) : load(`weights/${name}.js`);
    },
    models: new Map(), // figure -> its model, once it is alive
    // figures that came into the page later, in an output of a notebook
    watchAll: () => watchAll(),
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
    const model = makeModel(JSON.parse(figure.dataset.state));
    render({ model, el: stage });
    figure.querySelector(".rnnbook-still").replaceWith(stage);
    globalThis.rnnbook.models.set(figure, model);
    figure.dataset.alive = "true";
    figure.dispatchEvent(new Event("rnnbook-alive", { bubbles: true }));
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
  const watched = new WeakSet();
  const watchAll = () => {
    for (const figure of document.querySelectorAll(".rnnbook-figure")) {
      if (!watched.has(figure)) watch.observe(figure);
      watched.add(figure);
    }
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", watchAll);
  else watchAll();
})();
