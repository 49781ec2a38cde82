"""Is every page of the dashboard whole? Page after page in a real browser, calm and busy.

    python benchmarks/dashboard_loads.py

Every load is a visitor of its own, who waits for every output; every tenth then draws a
text. A load fails if a part is missing after a minute, or if the page has had to ask again because
a part did not come (the page does that by itself after 25 seconds).
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from _common import provenance, write_json
from _dashboard import WHOLE, busy_cores, load, serving, summary

from rnnbook.book.chromium import open_browser

#: Seconds after which a page counts as hanging.
PATIENCE = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calm", type=int, default=200, help="loads on the machine as it is")
    parser.add_argument("--busy", type=int, default=60, help="loads with both cores kept busy")
    arguments = parser.parse_args()
    results = {}
    with serving("--pool=2", "--visitors=8") as server, open_browser() as browser:
        server.wait_for_kernels(2)
        results["calm"] = visits(browser, server, arguments.calm)
        with busy_cores(4):
            results["four busy processes on two cores"] = visits(browser, server, arguments.busy)
    for name, found in results.items():
        print(name, found)
    if (arguments.calm, arguments.busy) == (200, 60):
        write_json("dashboard_loads", provenance(results=results))


def visits(browser: Any, server: Any, count: int) -> dict[str, Any]:
    """So many loads, one after the other."""
    before, whole, wrote, asked, problems = load(), [], [], [], []
    for number in range(count):
        context = browser.new_context(bypass_csp=True, viewport={"width": 1366, "height": 768})
        try:
            waited, seconds, text = visit(context, server.address, writes=number % 10 == 0)
            asked.append(waited)
            whole.append(seconds)
            wrote += text
        except Exception as error:
            problems.append(f"{number}: {type(error).__name__}")
            print("problem", number, str(error)[:300], state(context), flush=True)
        context.close()
        if number % 20 == 19:
            print(f"{number + 1} of {count}, {len(problems)} problems", flush=True)
    return {
        "loads": count,
        "hanging or incomplete": len(problems),
        "problems": problems,
        "seconds until whole": summary(whole),
        "of these, seconds until a page was ready": summary(asked),
        "seconds to write 300 characters": summary(wrote),
        "load before and after": [before, load()],
    }


def visit(context: Any, address: str, writes: bool) -> tuple[float, float, list[float]]:
    """One load: seconds until a page was to be had, until it was whole, and to write, if so."""
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    errors: list[str] = []
    page.on("requestfailed", lambda request: print("failed:", request.url, request.failure))
    page.on("pageerror", lambda error: errors.append(str(error)))
    started = time.monotonic()
    page.goto(address)
    page.locator("#rendered_cells").wait_for(state="attached")
    waited = time.monotonic() - started
    page.wait_for_function(WHOLE)
    whole = time.monotonic() - started
    if page.evaluate("sessionStorage.getItem('rnnbook-reloads')"):
        raise RuntimeError("the page had to ask again")
    written = [write(page)] if writes else []
    if errors or page.get_by_role("alert").count():
        raise RuntimeError(f"an error in the page: {errors}")
    page.close(run_before_unload=True)  # the page says goodbye, and its kernel ends
    return waited, whole, written


def state(context: Any) -> list[Any]:
    """What a page that failed looks like: its title, and the files that it has."""
    script = """[document.title, document.readyState,
      performance.getEntriesByType("resource").map((e) => e.name.split("/").pop())]"""
    return [page.evaluate(script) for page in context.pages]


def write(page: Any) -> float:
    """Seconds from Generate to the last of 300 characters."""
    seed = page.get_by_label("Seed")
    seed.fill("7")
    seed.press("Enter")
    started = time.monotonic()
    page.get_by_role("button", name="Generate").click()
    page.get_by_text("Wrote 300 characters.").wait_for()
    return time.monotonic() - started


if __name__ == "__main__":
    main()
