// What a visitor has chosen, written, brought and trained is kept in the browser, and comes back
// into the page after its process has ended. Small things lie in the tab's storage, which is
// written at once; a training text and networks lie in a data base.
window.rnnbook.keep = (() => {
  const NAME = "rnnbook"; // of the data base, and of the tab's record
  const OLDEST = 7 * 24 * 3600 * 1000; // milliseconds that a record of another tab is kept
  const LARGE = "Your text";
  const HERE = location.pathname + location.search;
  let isReady = false; // what was kept before is in the page, or there was nothing
  let lastText = null;

  // A browser may forbid storage; then nothing is kept, and the page says so.
  const tab = (() => {
    try {
      const record = JSON.parse(sessionStorage.getItem(NAME) ?? "{}");
      return record.here === HERE ? record : { here: HERE, id: crypto.randomUUID?.() ?? `${Math.random()}` };
    } catch {
      return null;
    }
  })();

  const base = new Promise((found) => {
    try {
      const opening = indexedDB.open(NAME, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("tabs");
      opening.onsuccess = () => found(opening.result);
      opening.onerror = () => found(null);
    } catch {
      found(null);
    }
  });

  async function inBase(mode, action) {
    const opened = await base;
    if (!opened) return undefined;
    return new Promise((done) => {
      const request = action(opened.transaction("tabs", mode).objectStore("tabs"));
      request.onsuccess = () => done(request.result);
      request.onerror = () => done(undefined);
    });
  }

  async function store(key, value) {
    if (tab) await inBase("readwrite", (store) => store.put({ ...value, at: Date.now() }, `${tab.id} ${key}`));
  }

  const recall = (key) => inBase("readonly", (store) => store.get(`${tab.id} ${key}`));

  async function removeOld() {
    const keys = (await inBase("readonly", (store) => store.getAllKeys())) ?? [];
    for (const key of keys) {
      const found = await inBase("readonly", (store) => store.get(key));
      if (Date.now() - (found?.at ?? 0) > OLDEST) await inBase("readwrite", (store) => store.delete(key));
    }
  }

  // ---- reading the page ----

  // What a list has chosen. ipywidgets writes hard spaces into lists.
  const nameOf = (list) => list?.selectedOptions[0]?.textContent.replaceAll("\u00a0", " ");

  function valueOf(widget) {
    const chosen = widget.querySelector("select");
    if (chosen) return nameOf(chosen);
    return (widget.querySelector(".widget-readout")?.textContent
      ?? widget.querySelector("input, textarea")?.value);
  }

  function fieldsOf(box) {
    const fields = {};
    for (const label of box.querySelectorAll(".widget-label")) {
      const value = valueOf(label.parentElement);
      if (label.textContent && value !== undefined && label.textContent !== LARGE) {
        fields[label.textContent] = value;
      }
    }
    return fields;
  }

  function read() {
    const boxes = { Laboratory: ".rnnbook-laboratory", "Train your own": ".rnnbook-workshop" };
    const fields = {};
    for (const [name, selector] of Object.entries(boxes)) {
      const box = document.querySelector(selector);
      if (box) fields[name] = fieldsOf(box);
    }
    const link = document.querySelector(".rnnbook-link a")?.getAttribute("href") ?? "";
    const shown = document.querySelector(".rnnbook-tabs button.mod-active");
    return { tab: shown?.textContent.trim() ?? "", query: link, fields };
  }

  const largeText = () =>
    [...document.querySelectorAll(".rnnbook-workshop textarea")]
      .find((area) => area.parentElement.textContent.startsWith(LARGE)) ?? null;

  // Keep everything now. Whether this browser keeps it.
  function now() {
    if (!tab) return false;
    if (!isReady) return Boolean(tab.record);
    try {
      tab.record = read();
      sessionStorage.setItem(NAME, JSON.stringify(tab));
    } catch {
      return false;
    }
    const text = largeText()?.value ?? "";
    if (text !== lastText) {
      lastText = text;
      store("text", { text });
    }
    return true;
  }

  // ---- writing into the page ----

  function type(input, text) {
    input.value = text;
    for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
  }

  async function bringBack() {
    for (const key of ["brought", "trained"]) {
      const kept = await recall(key);
      if (kept) await window.rnnbook.bring("Bring a checkpoint", new File([kept.bytes], kept.name));
    }
    const kept = await recall("text");
    const area = largeText();
    if (kept?.text && area) type(area, kept.text);
    lastText = kept?.text ?? "";
    type(document.querySelector(".rnnbook-query input"), JSON.stringify(tab.record));
  }

  async function begin() {
    if (tab?.record) await bringBack();
    isReady = true;
    for (const kind of ["input", "change", "click"]) document.addEventListener(kind, soon);
    window.addEventListener("pagehide", now);
    removeOld();
  }

  let waiting = 0;
  function soon() {
    if (isReady) waiting ||= setTimeout(() => { waiting = 0; now(); }, 300);
  }

  // A new start with nothing of before.
  async function forget() {
    isReady = false;
    if (tab) {
      sessionStorage.removeItem(NAME);
      for (const key of ["brought", "trained", "text"]) {
        await inBase("readwrite", (store) => store.delete(`${tab.id} ${key}`));
      }
    }
    location.reload();
  }

  return { begin, now, soon, store, forget, type, nameOf, hasRecord: () => Boolean(tab?.record) };
})();
