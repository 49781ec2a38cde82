// The page has come alive: it asks for a place, and starts Voila's program once it has one.
(() => {
  const loading = document.getElementById("loading");
  const config = document.getElementById("jupyter-config-data");
  const { baseUrl } = JSON.parse(config.textContent);
  const ANSWER_WITHIN = 15_000; // milliseconds

  const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  function say(title, sentence) {
    const [heading, words] = loading.children;
    if (words.textContent === sentence) return;
    heading.textContent = title;
    words.textContent = sentence;
  }

  function enter(kernelId) {
    config.textContent = JSON.stringify({ ...JSON.parse(config.textContent), kernelId });
    document.documentElement.dataset.kernel = kernelId;
    window.rnnbook.watch(baseUrl, kernelId);
    const program = document.createElement("script");
    program.src = document.getElementById("program").href;
    document.body.append(program);
  }

  async function ask() {
    const signal = AbortSignal.timeout(ANSWER_WITHIN);
    const answer = await fetch(`${baseUrl}place`, { method: "POST", cache: "no-store", signal });
    if (answer.status === 403) location.reload(); // the server asks for a token now
    return { status: answer.status, ...(await answer.json()) };
  }

  async function arrive() {
    for (;;) {
      let wait = 2000;
      try {
        const found = await ask();
        if (found.kernel) return enter(found.kernel);
        say(found.title, found.sentence);
        wait = 1000 * found.wait;
      } catch {
        say("The server does not answer", "This page tries again by itself.");
      }
      await pause(wait);
    }
  }

  window.voila_finish();
  arrive();
})();
