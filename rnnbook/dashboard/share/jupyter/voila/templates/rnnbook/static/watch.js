// The page says in what state it is: cut off, connecting again, ended, or not whole.
window.rnnbook = (() => {
  const CHECK_EVERY = 5000; // milliseconds
  const CHECK_CUT_EVERY = 1000; // while the page is cut off
  const SILENT = 1500; // so long after something was sent, or came, silence is looked into
  const ANSWER_SOON = 1500; // what takes longer is said
  const ANSWER_WITHIN = 4000;
  const COMPLETE_WITHIN = 25_000;
  const MAX_RELOADS = 2;
  const PARTS = [".rnnbook-page", ".rnnbook-tabs button", ".rnnbook-card"];

  let hasEnded = false;
  let isCut = false;
  let wasWhole = false;
  let lastAsked = 0;
  let lastSent = 0; // over the socket
  let lastHeard = 0;
  let questions = 0; // how many times the server was asked whether it is there
  let answered = 0; // the number of the last time that it answered
  let address = "";

  // A token has done its work once the page is here: it stays in no address and no link.
  const asked = new URLSearchParams(location.search);
  if (asked.has("token")) {
    asked.delete("token");
    const rest = `${asked}` ? `?${asked}` : "";
    history.replaceState(null, "", location.pathname + rest + location.hash);
  }

  // What JupyterLab's own program knows of the kernel; it holds the socket.
  const kernel = () => window.jupyterapp?.widgetManager?.kernel;

  function show(sentence) {
    let notice = document.getElementById("rnnbook-state");
    if (!sentence) return notice?.remove();
    if (!notice) {
      notice = document.createElement("p");
      notice.id = "rnnbook-state";
      notice.setAttribute("role", "status");
      document.body.append(notice);
    }
    if (notice.textContent !== sentence) notice.textContent = sentence;
  }

  function button(words, action) {
    const made = document.createElement("button");
    made.textContent = words;
    made.addEventListener("click", action);
    return made;
  }

  // A page that is reloaded while no server answers would be lost.
  async function startAgain(words) {
    for (;;) {
      const answer = await fetch(location.pathname, { method: "HEAD", cache: "no-store" })
        .catch(() => null);
      if (answer && answer.status < 500) return location.reload();
      words.textContent = "The server does not answer. This page begins again as soon as it does.";
      await new Promise((done) => setTimeout(done, CHECK_CUT_EVERY));
    }
  }

  function offer(sentence) {
    if (hasEnded) return;
    hasEnded = true;
    show("");
    const isKept = window.rnnbook.keep?.now() ?? false;
    const notice = document.createElement("div");
    notice.id = "rnnbook-ended";
    notice.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = isKept
      ? `${sentence} Your settings, your texts and your networks are kept in this browser.`
      : `${sentence} This browser keeps nothing, so that it begins anew.`;
    notice.append(words, button("Start again", () => startAgain(words)));
    if (isKept) notice.append(button("Start afresh", () => window.rnnbook.keep.forget()));
    document.body.append(notice);
  }

  function isConnected() {
    return kernel()?.connectionStatus === "connected";
  }

  // What is touched meanwhile waits for the next socket: the old one may be dead and not know it.
  function cutOff() {
    if (!isCut) {
      isCut = true;
      kernel()?.reconnect().catch(() => {});
    }
    show(
      navigator.onLine
        ? "The server does not answer. What you see stays, and this page tries again by itself."
        : "This device has no network. What you see stays, and this page tries again by itself.",
    );
  }

  // The server answers again: a new socket is opened at once, and the page asks for all states.
  function backAgain() {
    isCut = false;
    show("Connecting again …");
    if (kernel()?.status === "dead") return location.reload(); // it has given up; all is kept
    kernel()?.reconnect().catch(() => {});
    const looking = setInterval(() => {
      if (!isConnected() && !isCut && !hasEnded) return;
      clearInterval(looking);
      if (!isCut) show("");
    }, 100);
  }

  // What was asked before the last answer says nothing any more: it may have gone on a dead line.
  async function check() {
    if (hasEnded || !address) return;
    lastAsked = Date.now();
    const number = ++questions;
    const slow = setTimeout(() => {
      if (!isCut && !hasEnded && answered < number) show("Waiting for the server …");
    }, ANSWER_SOON);
    try {
      const signal = AbortSignal.timeout(ANSWER_WITHIN);
      const { status } = await fetch(address, { cache: "no-store", signal });
      if (status === 410) return offer("The process behind this page has ended.");
      if (status === 403) return offer("The server asks for a token now.");
      if (status !== 204) throw new Error("a proxy answers, and no server");
      answered = Math.max(answered, number);
      if (isCut || kernel()?.connectionStatus === "disconnected") backAgain();
      else if (isConnected()) show("");
    } catch {
      if (!hasEnded && answered < number) cutOff();
    } finally {
      clearTimeout(slow);
    }
  }

  // How long to wait from one question to the next. While all is well an answer is as good as a
  // message over the socket, and a silence that follows one is a reason to ask at once.
  function patience() {
    if (isCut) return CHECK_CUT_EVERY;
    if (questions > answered) return ANSWER_WITHIN; // one is under way
    const last = Math.max(lastSent, lastHeard);
    const isOdd = lastSent > lastHeard || lastHeard > lastAsked;
    return isOdd && Date.now() - last > SILENT ? SILENT : CHECK_EVERY;
  }

  // A socket that closes is an early sign. JupyterLab's program opens another by itself; when that
  // fails it waits for half a minute, or gives up. So while the page is cut off it gets a socket
  // that stays closed, and a real one as soon as the server answers.
  const Socket = window.WebSocket;
  const waiting = () => Object.assign(new EventTarget(), { readyState: 0, close() {}, send() {} });
  window.WebSocket = class extends Socket {
    constructor(...words) {
      if (isCut) return waiting();
      super(...words);
      this.addEventListener("message", () => { lastHeard = Date.now(); });
      this.addEventListener("close", () => setTimeout(check, 300));
    }

    send(content) {
      lastSent = Date.now();
      super.send(content);
    }
  };

  function isWhole() {
    wasWhole ||= PARTS.every((part) => document.querySelector(part));
    return wasWhole;
  }

  function lookForTheWhole() {
    if (isWhole()) {
      sessionStorage.removeItem("rnnbook-reloads");
      return;
    }
    if (isCut || !address) return void setTimeout(lookForTheWhole, COMPLETE_WITHIN);
    const reloads = Number(sessionStorage.getItem("rnnbook-reloads") ?? 0);
    sessionStorage.setItem("rnnbook-reloads", reloads + 1);
    if (reloads < MAX_RELOADS) return location.reload();
    sessionStorage.removeItem("rnnbook-reloads");
    offer("A part of this page did not arrive.");
  }

  // Called once the page has its kernel.
  function watch(baseUrl, kernelId) {
    address = `${baseUrl}alive/${kernelId}`;
    setInterval(() => {
      if (Date.now() - lastAsked >= patience() - 50) check();
    }, CHECK_CUT_EVERY / 2);
    for (const event of ["online", "offline", "pageshow"]) window.addEventListener(event, check);
    for (const event of ["visibilitychange", "resume"]) {
      document.addEventListener(event, () => document.hidden || check());
    }
    // Not counted from the page's load event: that waits for the very files that may be missing.
    setTimeout(lookForTheWhole, COMPLETE_WITHIN);
  }

  return { watch, isWhole };
})();
