// What is done in the page without its kernel: copying, saving, and what is too large to send.
(() => {
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
    if (!large) return;
    event.stopImmediatePropagation();
    input.value = "";
    say(`${large.name} is too large: here a file has at most ${most / 1e6} MB.`);
  }

  // ipywidgets keeps its file inputs outside of the page, and clicks them itself.
  const click = HTMLInputElement.prototype.click;
  HTMLInputElement.prototype.click = function () {
    if (this.type === "file") this.addEventListener("change", guard, { capture: true });
    click.call(this);
  };

  // A checkpoint comes as the content of a hidden link, once it was asked for.
  function unpack() {
    const parcel = document.querySelector(".rnnbook-parcel a[data-base64]");
    if (!parcel) return;
    const bytes = Uint8Array.from(atob(parcel.dataset.base64), (char) => char.charCodeAt(0));
    parcel.removeAttribute("data-base64");
    save([bytes], "application/octet-stream", parcel.dataset.name);
    say(`Saved as ${parcel.dataset.name}.`);
  }

  // The settings that the address asks for are handed to the kernel, once.
  let isAsked = !location.search;
  function ask() {
    const input = document.querySelector(".rnnbook-query input");
    if (isAsked || !input || !document.querySelector(".rnnbook-heatmap svg")) return;
    isAsked = true;
    input.value = location.search.slice(0, 4096);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  new MutationObserver(() => { unpack(); ask(); })
    .observe(document.documentElement, { childList: true, subtree: true });
})();
