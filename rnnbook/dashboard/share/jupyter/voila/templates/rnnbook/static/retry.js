// A page that is asked for again by itself, after as many seconds as it says.
const seconds = Number(document.currentScript.dataset.wait);
if (seconds > 0) setTimeout(() => location.reload(), 1000 * seconds);
