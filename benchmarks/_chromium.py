"""Visitors in Chromium: what each of many windows sees, and when."""

from __future__ import annotations

import asyncio
from typing import Any

from _dashboard import WHOLE, summary

from rnnbook.book.chromium import FLAGS, program


async def come(server: Any, count: int) -> dict[str, Any]:
    """All visitors, from their coming to their leaving."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program(), args=list(FLAGS))
        visits = await asyncio.gather(
            *(visit(browser, server.address, number / count) for number in range(count)),
            return_exceptions=True,
        )
        failed = [repr(one) for one in visits if isinstance(one, BaseException)]
        good = [one for one in visits if not isinstance(one, BaseException)]
        memory = server.memory()
        await browser.close()
    return {
        "visitors": count,
        "failed": failed,
        "seconds to the first paint": summary([one[0] for one in good]),
        "seconds until whole": summary([one[1] for one in good]),
        "seconds from pressing Generate to the first characters": summary([o[2] for o in good]),
        "seconds from pressing Generate to the last of 300": summary([one[3] for one in good]),
        "steps in which a text came": summary([float(one[4]) for one in good], 0),
        "when all have written": memory,
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
