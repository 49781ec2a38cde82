// What a page of a network does beside its figures: samples, several voices, download, theme.
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

  for (const box of all(".samples")) {
    const told = JSON.parse(box.querySelector("script").textContent);
    const slider = box.querySelector("input");
    slider.addEventListener("input", () => {
      const { at, text } = told[slider.value];
      box.querySelector("p").textContent = at;
      box.querySelector("pre").textContent = text;
    });
  }

  // Settings of the samplers side by side; all begin with one seed.
  for (const box of all(".together")) {
    const temperature = box.querySelector("[name=temperature]");
    const seed = box.querySelector("[name=seed]");
    const show = () => (box.querySelector("output").textContent = Number(temperature.value).toFixed(2));
    const settings = () => {
      const chosen = Number(seed.value);
      const isSeed = seed.value !== "" && Number.isSafeInteger(chosen) && chosen >= 0;
      return { temperature: Number(temperature.value), ...(isSeed && { seed: chosen }) };
    };
    const write = () => {
      for (const figure of all(".rnnbook-figure", box)) {
        const model = globalThis.rnnbook.models.get(figure);
        const before = model && ["temperature", "seed"].map((name) => model.get(name)).join();
        for (const [name, value] of Object.entries(settings())) model?.set(name, value);
        const after = model && ["temperature", "seed"].map((name) => model.get(name)).join();
        if (model && before === after) figure.querySelector("button.rnnbook-main")?.click();
      }
    };
    temperature.addEventListener("input", show);
    temperature.addEventListener("change", write);
    seed.addEventListener("change", write);
    box.querySelector("button").addEventListener("click", write);
    show();
  }

  for (const button of all("[data-download]")) {
    button.addEventListener("click", async () => {
      const name = button.dataset.download;
      const data = await globalThis.rnnbook.weights(name);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([data], { type: "application/octet-stream" }));
      link.download = `${name}.safetensors`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    });
  }

  const toggle = document.querySelector(".theme");
  if (toggle) {
    const root = document.documentElement;
    const system = matchMedia("(prefers-color-scheme: dark)");
    const isDark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
    const name = () => (toggle.textContent = isDark() ? "Light page" : "Dark page");
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      name();
    });
    system.addEventListener("change", name);
    name();
  }
})();
