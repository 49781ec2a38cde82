// What is done in the page without its kernel: copying, saving, and what is too large to send.
(() => {
  const { keep } = window.rnnbook;
  const TAKEN_WITHIN = 20_000; // milliseconds in which a network is taken, or refused
  const MAX_BYTES = { ".safetensors": 6_000_000, ".txt,text/plain": 2_000_000 };

  const texts = () =>
    [...document.querySelectorAll(".rnnbook-column")]
      .filter((column) => column.offsetParent)
      .map((column) => column.querySelector(".rnnbook-flow").textContent)
      .join("\n\n---\n\n");

  function say(sentence) {
    const shown = [...document.querySelectorAll(".rnnbook-tab")].find((tab) => tab.offsetParent);
    const content = shown?.querySelector(".rnnbook-message .widget-html-content");
    if (!content) return;
    const words = document.createElement("p");
    words.textContent = sentence;
    content.replaceChildren(words);
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText(texts());
      say("Copied.");
    } catch {
      const range = document.createRange();
      range.selectNodeContents(document.querySelector(".rnnbook-flow"));
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      say("This browser lets no page copy; the text is selected: press Ctrl+C.");
    }
  }

  function save(parts, type, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(parts, { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button");
    if (button?.classList.contains("rnnbook-copy")) copy();
    if (button?.classList.contains("rnnbook-download")) {
      save([texts()], "text/plain;charset=utf-8", "written.txt");
      say("Saved as written.txt.");
    }
  });

  // A file that is too large never leaves the page: the socket would close over it.
  function guard(event) {
    const input = event.target;
    const most = MAX_BYTES[input.accept] ?? 2_000_000;
    const large = [...input.files].find((file) => file.size > most);
    if (!large) return void keepNetwork(input);
    event.stopImmediatePropagation();
    input.value = "";
    say(`${large.name} is too large: here a file has at most ${most / 1e6} MB.`);
  }

  // A network that is brought is kept in the browser once the laboratory has taken it.
  async function keepNetwork({ accept, files: [file] }) {
    if (accept !== ".safetensors" || !file || file === handed) return;
    const bytes = await file.arrayBuffer();
    if (await isChosen(file.name)) keep.store("brought", { name: file.name, bytes });
  }

  // Whether the laboratory comes to have chosen a network of that file's name.
  async function isChosen(name) {
    const stem = name.replace(/\.[^.]*$/, "").slice(0, 40);
    const chosen = () => keep.nameOf(document.querySelector(".rnnbook-laboratory select"));
    const end = Date.now() + TAKEN_WITHIN;
    while (!chosen()?.startsWith(`${stem} (`)) {
      if (Date.now() > end) return false;
      await new Promise((done) => setTimeout(done, 50));
    }
    return true;
  }

  // ipywidgets keeps its file inputs outside of the page, and clicks them itself. A file that the
  // page brings back is handed to such an input instead of asking for one.
  let handed = null;
  const click = HTMLInputElement.prototype.click;
  HTMLInputElement.prototype.click = function () {
    if (this.type !== "file") return click.call(this);
    if (handed) {
      const carrier = new DataTransfer();
      carrier.items.add(handed);
      this.files = carrier.files;
      this.dispatchEvent(new Event("change", { bubbles: true }));
      return undefined;
    }
    this.addEventListener("change", guard, { capture: true });
    return click.call(this);
  };

  window.rnnbook.bring = async (words, file) => {
    const buttons = [...document.querySelectorAll("button.widget-upload")];
    handed = file;
    buttons.find((button) => button.textContent.includes(words))?.click();
    handed = null;
    return isChosen(file.name);
  };

  // A checkpoint comes as the content of a hidden link: one to be saved, or one to be kept.
  function unpack(selector, use) {
    const parcel = document.querySelector(`${selector} a[data-base64]`);
    if (!parcel) return;
    const bytes = Uint8Array.from(atob(parcel.dataset.base64), (char) => char.charCodeAt(0));
    parcel.removeAttribute("data-base64");
    use(bytes, parcel.dataset.name);
  }

  function saveNetwork(bytes, name) {
    save([bytes], "application/octet-stream", name);
    say(`Saved as ${name}.`);
  }

  // Once the page is whole: what it had before comes back, or else what its address asks for.
  let hasArrived = false;
  function arrive() {
    const input = document.querySelector(".rnnbook-query input");
    if (hasArrived || !input || !window.rnnbook.isWhole()) return;
    hasArrived = true;
    if (location.search && !keep.hasRecord()) keep.type(input, location.search.slice(0, 4096));
    keep.begin();
  }

  new MutationObserver(() => {
    unpack(".rnnbook-parcel", saveNetwork);
    unpack(".rnnbook-kept", (bytes, name) => keep.store("trained", { name, bytes }));
    arrive();
    keep.soon();
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
