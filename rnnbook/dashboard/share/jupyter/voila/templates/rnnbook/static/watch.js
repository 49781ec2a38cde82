// The page says so when its kernel has ended, and when something of it never came.
(() => {
  const CHECK_EVERY = 5000; // milliseconds
  const COMPLETE_WITHIN = 25000;
  const MAX_RELOADS = 2;
  const PARTS = [".rnnbook-page", ".rnnbook-bars", ".rnnbook-heatmap svg"];
  let hasEnded = false;

  const config = () => JSON.parse(document.getElementById("jupyter-config-data").textContent);

  // The address that leads back to these settings and this text, if the page has one.
  const address = () => document.querySelector(".rnnbook-link a")?.href ?? location.href;

  function offer(sentence) {
    if (hasEnded) return;
    hasEnded = true;
    const notice = document.createElement("div");
    notice.id = "rnnbook-ended";
    notice.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = sentence;
    const again = document.createElement("button");
    again.textContent = "Start again";
    again.addEventListener("click", () => location.replace(address()));
    notice.append(words, again);
    document.body.append(notice);
  }

  async function check() {
    if (hasEnded) return;
    try {
      const { baseUrl, kernelId } = config();
      const answer = await fetch(`${baseUrl}alive/${kernelId}`, { cache: "no-store" });
      if (answer.status === 410) {
        offer("The process behind this page has ended. Your settings and your text are kept.");
      }
    } catch {
      // The network is away; the next check may find it back.
    }
  }

  // A socket that closes is the first sign. The page's scripts open a new one by themselves.
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...words) {
      super(...words);
      this.addEventListener("close", () => setTimeout(check, 300));
    }
  };

  function isComplete() {
    return PARTS.every((part) => document.querySelector(part)?.textContent.trim());
  }

  function lookForTheWhole() {
    const reloads = Number(sessionStorage.getItem("rnnbook-reloads") ?? 0);
    if (isComplete()) {
      sessionStorage.removeItem("rnnbook-reloads");
    } else if (reloads < MAX_RELOADS) {
      sessionStorage.setItem("rnnbook-reloads", reloads + 1);
      location.reload();
    } else {
      sessionStorage.removeItem("rnnbook-reloads");
      offer("A part of this page did not arrive.");
    }
  }

  setInterval(check, CHECK_EVERY);
  document.addEventListener("visibilitychange", () => document.hidden || check());
  // Not counted from the page's load event: that waits for the very files that may be missing.
  setTimeout(lookForTheWhole, COMPLETE_WITHIN);
})();
