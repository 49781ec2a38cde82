"""How soon a slider's change is on the screen, with one visitor and with ten.

    python benchmarks/dashboard_slider.py

A real browser moves the temperature by a key and waits until the table of the next
character has changed: through the socket to the kernel, back, and painted. The nine others
are plain websockets that move their own slider twice a second, as a hand would.
"""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from _common import provenance, write_json
from _dashboard import WHOLE, load, serving, summary
from _visitor import message, plain_visitor

from rnnbook.book.chromium import FLAGS, program

MEASURE = """(key) => new Promise((resolve) => {
  const bars = document.querySelector(".rnnbook-distribution");
  const started = performance.now();
  new MutationObserver((_, observer) => {
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)));
  }).observe(bars, { childList: true, subtree: true });
  const handle = document.querySelectorAll(".noUi-handle")[0];
  handle.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=100)
    arguments = parser.parse_args()
    results = {}
    with serving("--pool=10", "--visitors=10") as server:
        server.wait_for_kernels(10)
        for visitors in (1, 10):
            found = asyncio.run(measure(server, visitors, arguments.moves))
            results[f"{visitors} visitor{'s' if visitors > 1 else ''}"] = found
            print(visitors, found, flush=True)
            server.wait_for_kernels(10)
    if arguments.moves == 100:
        write_json("dashboard_slider", provenance(results=results))


async def measure(server: Any, visitors: int, moves: int) -> dict[str, Any]:
    """Milliseconds from a key to the screen, while the others move their sliders too."""
    from playwright.async_api import async_playwright

    ended = asyncio.Event()
    others = [asyncio.create_task(other(server, ended)) for _ in range(visitors - 1)]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program(), args=list(FLAGS))
        page = await browser.new_page(bypass_csp=True, viewport={"width": 1366, "height": 768})
        page.set_default_timeout(120_000)
        await page.goto(server.address)
        await page.wait_for_function(WHOLE)
        await asyncio.sleep(3)
        before, found = load(), []
        for move in range(moves):
            key = "ArrowRight" if move // 10 % 2 == 0 else "ArrowLeft"
            found.append(await page.evaluate(MEASURE, key))
            await asyncio.sleep(0.1)
        after = load()
        await page.close(run_before_unload=True)
        await asyncio.sleep(1)
        await browser.close()
    ended.set()
    counts = await asyncio.gather(*others)
    result = {"moves": moves, "milliseconds": summary(found, 1), "load": [before, after]}
    if counts:
        result["answers to the others"] = sum(counts)
    return result


async def other(server: Any, ended: asyncio.Event) -> int:
    """A visitor without a browser, who moves a slider twice a second; the answers received."""
    async with plain_visitor(server.address) as visitor:
        slider = visitor.widget("Temperature")
        return await move_until(visitor.socket, slider, ended)


async def move_until(socket: Any, slider: str, ended: asyncio.Event) -> int:
    """Move the slider twice a second; count the tables that come back."""
    value, answers = 0.7, 0
    while not ended.is_set():
        value = 0.5 if value > 1.5 else value + 0.05
        update = {"method": "update", "state": {"value": value}, "buffer_paths": []}
        await socket.send(message("comm_msg", {"comm_id": slider, "data": update}))
        try:
            async with asyncio.timeout(0.5):
                while True:
                    received = await socket.recv()
                    answers += isinstance(received, str) and "rnnbook-bars" in received
        except TimeoutError:
            continue
    return answers


if __name__ == "__main__":
    main()
