"""Twenty visitors at once: time to the first paint, a streamed text, memory before and after.

    python benchmarks/dashboard_visitors.py

Twice. First without browsers, for what the server takes: each visitor fetches the page and
its files, opens the socket, asks for every widget's state and has a text written. Then in
Chromium, for whether everybody sees it: twenty windows, which compute on the same cores as
the server and need most of the time themselves. All come within a second, to pages that
were kept ready. The windows vanish without a word, and the server must notice.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from typing import Any

from _common import provenance, write_json
from _dashboard import WHOLE, children, load, resident, serving, summary
from _visitor import plain_visitor

from rnnbook.book.chromium import FLAGS, program


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=20)
    arguments = parser.parse_args()
    count = arguments.visitors
    # after them the pool is filled up to the limit, so that memory can be compared
    with serving(f"--pool={count}", f"--visitors={count}", "--away=10") as server:
        server.wait_for_kernels(count)
        before = {"load": load(), **memory(server)}
        first = server.kernels()
        plain = asyncio.run(come_without_browsers(server, count))
        wait_until_gone(server, first)
        server.wait_for_kernels(count)
        found = asyncio.run(come(server, count))
        left = wait_until_gone(server, found["kernels"])
        server.wait_for_kernels(count)
        after = {"load": load(), **memory(server)}
    del found["kernels"]
    result = {
        "visitors": count,
        "before they came": before,
        "without browsers": plain,
        "in Chromium on the same cores": found,
        "seconds until every kernel of theirs had ended": left,
        "when a page was ready for the next twenty": after,
    }
    print(result)
    if count == 20:
        write_json("dashboard_visitors", provenance(results=result))


async def come_without_browsers(server: Any, count: int) -> dict[str, Any]:
    """All visitors at once, without a browser; their kernels end when they leave."""
    everybody_is_done = asyncio.Event()
    sizes: list[float] = []

    async def one(delay: float) -> tuple[float, ...]:
        await asyncio.sleep(delay)
        async with plain_visitor(server.address) as visitor:
            found = (visitor.first_paint, visitor.whole, *await visitor.generate())
            done.append(found)
            if len(done) == count:
                sizes.extend(resident(pid, peak=True) for pid in kernels)
                everybody_is_done.set()
            await everybody_is_done.wait()
        return found

    kernels, done = server.kernels(), []
    async with asyncio.timeout(300):
        visits = await asyncio.gather(*(one(number / count) for number in range(count)))
    names = ("seconds until the first words can be painted", "seconds until everything is there",
             "seconds from Generate to the first characters",
             "seconds from Generate to the last of 300", "steps in which a text came")  # fmt: skip
    columns = zip(names, zip(*visits, strict=True), strict=True)
    found = {name: summary(list(map(float, values)), 2) for name, values in columns}
    return {**found, "kernel MB at its most": summary(sizes, 1)}


def wait_until_gone(server: Any, kernels: list[int]) -> float:
    """Seconds until none of these kernels runs any more."""
    started = time.monotonic()
    while set(kernels) & set(server.kernels()):
        if time.monotonic() - started > 300:
            raise TimeoutError("the kernels of those who left are still there")
        time.sleep(0.5)
    return round(time.monotonic() - started, 1)


def memory(server: Any) -> dict[str, float]:
    """The resident memory of the server and of its kernels, in MB."""
    kernels = [resident(pid) for pid in server.kernels()]
    return {
        "kernels": len(kernels),
        "server MB": round(resident(server.process.pid), 1),
        "all kernels MB": round(sum(kernels), 1),
        "largest kernel MB": round(max(kernels), 1),
    }


async def come(server: Any, count: int) -> dict[str, Any]:
    """All visitors, from their coming to their leaving."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program(), args=list(FLAGS))
        kernels = server.kernels()
        visits = await asyncio.gather(
            *(visit(browser, server.address, number / count) for number in range(count)),
            return_exceptions=True,
        )
        failed = [repr(one) for one in visits if isinstance(one, BaseException)]
        good = [one for one in visits if not isinstance(one, BaseException)]
        mine = [pid for pid in children(server.process.pid) if pid in kernels]
        peaks = [resident(pid, peak=True) for pid in mine]
        now = [resident(pid) for pid in mine]
        await browser.close()
    return {
        "kernels": kernels,
        "failed": failed,
        "seconds to the first paint": summary([one[0] for one in good]),
        "seconds until whole": summary([one[1] for one in good]),
        "seconds from pressing Generate to the first characters": summary([o[2] for o in good]),
        "seconds from pressing Generate to the last of 300": summary([one[3] for one in good]),
        "steps in which a text came": summary([float(one[4]) for one in good], 0),
        "kernel MB after the text": summary(now, 1),
        "kernel MB at its most": summary(peaks, 1),
    }


async def visit(browser: Any, address: str, delay: float) -> tuple[float, ...]:
    """First paint, whole page, first characters, last character, and in how many steps."""
    await asyncio.sleep(delay)
    context = await browser.new_context(bypass_csp=True, viewport={"width": 1366, "height": 768})
    page = await context.new_page()
    page.set_default_timeout(120_000)
    await page.goto(address)
    await page.locator("#rendered_cells").wait_for(state="attached")
    paint = 0.0
    while not paint:
        entries = await page.evaluate(
            "performance.getEntriesByName('first-contentful-paint').map((e) => e.startTime)"
        )
        paint = entries[0] / 1000 if entries else 0.0
    await page.wait_for_function(WHOLE)
    whole = await page.evaluate("performance.now() / 1000")
    await page.evaluate(
        """() => {
            window.lengths = new Set();
            const flow = document.querySelector(".rnnbook-flow");
            new MutationObserver(() => {
                window.first ??= performance.now();
                window.lengths.add(flow.textContent.length);
            }).observe(flow, { childList: true, subtree: true, characterData: true });
        }"""
    )
    pressed = await page.evaluate("performance.now()")
    await page.get_by_role("button", name="Generate").click()
    await page.get_by_text("Wrote 300 characters.").wait_for()
    ended = await page.evaluate("performance.now()")
    first, steps = await page.evaluate("[window.first, window.lengths.size]")
    return paint, whole, (first - pressed) / 1000, (ended - pressed) / 1000, steps


if __name__ == "__main__":
    main()
