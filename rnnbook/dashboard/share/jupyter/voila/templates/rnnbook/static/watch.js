// The page says in what state it is: cut off, connecting again, ended, or not whole.
window.rnnbook = (() => {
  const CHECK_EVERY = 5000; // milliseconds
  const CHECK_CUT_EVERY = 1000; // while the page is cut off
  const TICK = 500;
  const SILENT = 1500; // so long after something was sent, or came, silence is looked into
  const ANSWER_SOON = 1500; // what takes longer is said
  const ANSWER_WITHIN = 4000;
  const ANSWER_AT_FIRST_WITHIN = 30_000; // while a class comes in, everybody waits for everybody
  const COME_WITHIN = 25_000; // of the last sign that something still comes, a page must be whole
  const MAX_RELOADS = 2;
  const MAX_SENDS = 3; // of one message: one that the server does not take ends its socket
  const PARTS = [".rnnbook-page", ".rnnbook-tabs button", ".rnnbook-card"];

  let hasEnded = false;
  let isCut = false;
  let wasWhole = false;
  let isSettled = false; // whole, and known to be
  let lastAsked = 0;
  let lastSent = 0; // over the socket
  let lastHeard = 0;
  let lastLook = 0; // at what has come of the page
  let silence = 0; // milliseconds in which nothing came, while it was not whole
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
    const asked = (lastAsked = Date.now());
    const number = ++questions;
    const slow = setTimeout(() => {
      if (!isCut && !hasEnded && answered < number) show("Waiting for the server …");
    }, ANSWER_SOON);
    try {
      const signal = AbortSignal.timeout(isSettled ? ANSWER_WITHIN : ANSWER_AT_FIRST_WITHIN);
      const { status } = await fetch(address, { cache: "no-store", signal });
      if (status === 410) return offer("The process behind this page has ended.");
      if (status === 403) return offer("The server asks for a token now.");
      if (status !== 204) throw new Error("a proxy answers, and no server");
      answered = Math.max(answered, number);
      if (isCut || kernel()?.connectionStatus === "disconnected") backAgain();
      else if (isConnected()) show("");
    } catch {
      // A message over the socket is an answer, too: a busy server is not cut off, for to come
      // back would cost it more. Before the page is whole the socket may be what is missing.
      const isHeard = isConnected() && lastHeard > asked;
      if (!hasEnded && !isHeard && answered < number) cutOff();
    } finally {
      clearTimeout(slow);
    }
  }

  // How long to wait from one question to the next. While all is well an answer is as good as a
  // message over the socket, and a silence that follows one is a reason to ask at once.
  function patience() {
    if (isCut) return CHECK_CUT_EVERY;
    if (questions > answered) return isSettled ? ANSWER_WITHIN : ANSWER_AT_FIRST_WITHIN; // under way
    const last = Math.max(lastSent, lastHeard);
    const isOdd = lastSent > lastHeard || lastHeard > lastAsked;
    return isOdd && Date.now() - last > SILENT ? SILENT : CHECK_EVERY;
  }

  // Header, parent's header, metadata or content of a message between a page and its kernel.
  function partOf(message, name) {
    if (typeof message === "string") return JSON.parse(message)[name];
    const number = 1 + ["header", "parent_header", "metadata", "content"].indexOf(name);
    const view = new DataView(message);
    const from = Number(view.getBigUint64(8 * (number + 1), true));
    const to = Number(view.getBigUint64(8 * (number + 2), true));
    return JSON.parse(new TextDecoder().decode(new Uint8Array(message, from, to - from)));
  }

  // A line may be dead long before it is known, and what is sent meanwhile is lost with it: a
  // pressed button, and with a slider's movement all that follow, since a widget waits until the
  // kernel is done with what it sent last. So whatever the kernel has not said to be done is sent
  // again over the next socket, before anything else; the kernel does nothing twice.
  const unheard = new Map(); // by number of the message

  function remember(message) {
    const { msg_id: number, msg_type: kind } = partOf(message, "header");
    if (kind.startsWith("comm_")) unheard.set(number, { message, sends: 1 });
  }

  function hear(message) {
    if (!unheard.size || partOf(message, "header").msg_type !== "status") return;
    if (partOf(message, "content").execution_state !== "idle") return;
    unheard.delete(partOf(message, "parent_header").msg_id);
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
      this.addEventListener("open", () => this.sendAgain());
      this.addEventListener("message", ({ data }) => {
        lastHeard = Date.now();
        hear(data);
      });
      this.addEventListener("close", () => setTimeout(check, 300));
    }

    send(message) {
      lastSent = Date.now();
      remember(message);
      super.send(message);
    }

    sendAgain() {
      for (const [number, one] of unheard) {
        if (++one.sends > MAX_SENDS) unheard.delete(number);
        else super.send(one.message);
      }
    }
  };

  function isWhole() {
    wasWhole ||= PARTS.every((part) => document.querySelector(part));
    return wasWhole;
  }

  // On a slow line, or where a class shares two cores, the parts of a page take their time, and to
  // load it anew would take more. So only silence counts: no file under way, no message, and no
  // tick of a clock that stood still because the page was at work.
  function isComing() {
    const since = lastLook;
    lastLook = Date.now();
    return lastHeard >= since || [...document.scripts].some(
      ({ src }) => src && performance.getEntriesByName(src).length === 0,
    );
  }

  function lookForTheWhole() {
    if (isWhole()) {
      isSettled = true;
      sessionStorage.removeItem("rnnbook-reloads");
      return;
    }
    silence = isCut || isComing() ? 0 : silence + TICK;
    if (silence < COME_WITHIN || hasEnded) return;
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
      if (!isSettled) lookForTheWhole();
    }, TICK);
    for (const event of ["online", "offline", "pageshow"]) window.addEventListener(event, check);
    for (const event of ["visibilitychange", "resume"]) {
      document.addEventListener(event, () => document.hidden || check());
    }
  }

  return { watch, isWhole };
})();
