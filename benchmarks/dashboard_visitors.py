"""Twenty visitors at once: time to the first paint, a streamed text, memory before and after.

    python benchmarks/dashboard_visitors.py

The visitors come within a second, each with a browser context of its own and a page that
was kept ready; all draw a text as soon as they see the button. Then their tabs vanish
without a word (the sockets close, no page says goodbye), and the server must notice.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import time
from typing import Any

from _common import provenance, write_json
from _dashboard import FLAGS, WHOLE, children, load, resident, serving, summary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=20)
    arguments = parser.parse_args()
    count = arguments.visitors
    # after them the pool is filled up to the limit, so that memory can be compared
    with serving(f"--pool={count}", f"--visitors={count}", "--away=10") as server:
        server.wait_for_kernels(count)
        before = {"load": load(), **memory(server)}
        found = asyncio.run(come(server, count))
        started = time.monotonic()
        while len(server.kernels()) > count or not is_renewed(server, found["kernels"]):
            if time.monotonic() - started > 300:
                raise TimeoutError("the kernels of those who left are still there")
            time.sleep(1)
        left = round(time.monotonic() - started, 1)
        server.wait_for_kernels(count)
        after = {"load": load(), **memory(server)}
    del found["kernels"]
    result = {
        "visitors": count,
        "before they came": before,
        **found,
        "seconds until every kernel of theirs had ended": left,
        "when a page was ready for the next twenty": after,
    }
    print(result)
    if count == 20:
        write_json("dashboard_visitors", provenance(results=result))


def is_renewed(server: Any, kernels: list[int]) -> bool:
    """Whether none of these kernels runs any more."""
    return not set(kernels) & set(server.kernels())


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
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS
        )
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
