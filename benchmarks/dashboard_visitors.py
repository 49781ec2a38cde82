"""A class of visitors: memory, time to a kernel, first paint, a streamed text, a slider's echo.

    python benchmarks/dashboard_visitors.py --visitors 100 --beside FOLDER

First what a kernel costs, here and in another checkout beside it: seconds from one process to
the next while kernels are made ready in turn, and what memory is a kernel's own. Then a class:
all come within some seconds without browsers, each has a text written, ten of them move a
slider while the others look on, and one floods its socket. At last some of them in Chromium,
whose windows compute on the same cores as the server, and vanish without a word.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import time
from pathlib import Path
from typing import Any

from _chromium import come
from _common import provenance, write_json
from _dashboard import load, serving, summary
from _visitor import Visitor, message, plain_visitor

#: So many kernels are made ready in turn to see how long one takes.
IN_TURN = 20
#: So many move a slider, twice a second, so often.
ACTIVE, MOVES = 10, 30
#: Seconds of silence after which a window of Chromium counts as gone. Twenty windows on two cores
#: keep each other from saying anything for longer than one expects.
AWAY = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=100)
    parser.add_argument("--within", type=float, default=20.0, help="seconds in which they come")
    parser.add_argument("--browsers", type=int, default=20, help="windows of Chromium")
    parser.add_argument("--beside", type=Path, help="another checkout, measured in the same run")
    arguments = parser.parse_args()
    costs = {"here": cost(None)}
    if arguments.beside:
        costs[f"beside, {revision(arguments.beside)}"] = cost(arguments.beside)
    print(costs, flush=True)
    result: dict[str, Any] = {"one kernel": costs}
    result["the class"] = the_class(arguments.visitors, arguments.within)
    print(result["the class"], flush=True)
    if arguments.browsers:
        result["in Chromium on the same cores"] = in_chromium(arguments.browsers)
        print(result["in Chromium on the same cores"], flush=True)
    if (arguments.visitors, arguments.browsers) == (100, 20) and arguments.beside:
        write_json("dashboard_visitors", provenance(results=result))


def revision(checkout: Path) -> str:
    """What a checkout is called."""
    command = ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def cost(checkout: Path | None) -> dict[str, Any]:
    """What a kernel costs in one build."""
    before = load()
    with serving(f"--pool={IN_TURN}", f"--visitors={IN_TURN}", checkout=checkout) as server:
        seconds = server.seconds_a_kernel(IN_TURN - 1)
        server.wait_for_kernels(IN_TURN)
        memory = server.memory()
    return {
        "seconds until a kernel is ready": summary(seconds),
        **memory,
        "load before and after": [before, load()],
    }


def the_class(count: int, within: float) -> dict[str, Any]:
    """All visitors without browsers, on a server with a few kernels ready."""
    with serving("--pool=4", f"--visitors={count}") as server:
        server.wait_for_kernels(4)
        before = load()
        found = asyncio.run(come_without_browsers(server, count, within))
        found["load before and after"] = [before, load()]
    return found


async def come_without_browsers(server: Any, count: int, within: float) -> dict[str, Any]:
    """They come, write, and stay until everything was measured."""
    here: list[Visitor] = []
    is_over = asyncio.Event()
    visits = [
        asyncio.create_task(_visit(server, number * within / count, here, is_over))
        for number in range(count)
    ]
    while len(here) < count:
        done = [one for one in visits if one.done()]
        for one in done:
            one.result()  # raises what went wrong
        await asyncio.sleep(0.2)
    await asyncio.sleep(3)
    memory = server.memory()
    calm = await _slide(here[:ACTIVE])
    flood = asyncio.create_task(_flood(here[-1]))
    flooded = await _slide(here[:ACTIVE])
    flood.cancel()
    is_over.set()
    times = await asyncio.gather(*visits)
    names = ("seconds until the first words can be painted", "seconds until everything is there",
             "seconds from Generate to the first characters",
             "seconds from Generate to the last of 300", "steps in which a text came")  # fmt: skip
    columns = zip(names, zip(*times, strict=True), strict=True)
    return {
        "visitors": count,
        "within seconds": within,
        **{name: summary(list(map(float, values)), 2) for name, values in columns},
        "when all have written": memory,
        f"milliseconds of a slider's echo, {ACTIVE} of them moving": calm,
        "the same while another floods its socket": flooded,
    }


async def _visit(
    server: Any, delay: float, here: list[Visitor], is_over: asyncio.Event
) -> tuple[float, ...]:
    await asyncio.sleep(delay)
    async with plain_visitor(server.address) as visitor:
        found = (visitor.first_paint, visitor.whole, *await visitor.generate())
        here.append(visitor)
        await is_over.wait()
    return found


async def _slide(visitors: list[Visitor]) -> dict[str, float]:
    """Milliseconds from movements to their echo, of visitors who move twice a second."""

    async def one(visitor: Visitor, number: int) -> list[float]:
        await asyncio.sleep(number * 0.05)
        found = []
        for move in range(MOVES):
            found.append(await visitor.move(0.3 + 0.01 * (move + MOVES * visitor.moved)))
            await asyncio.sleep(0.5)
        visitor.moved += 1
        return found

    found = await asyncio.gather(*(one(visitor, n) for n, visitor in enumerate(visitors)))
    return summary([1000 * seconds for times in found for seconds in times], 1)


async def _flood(visitor: Visitor) -> None:
    """Send what is of no use, as fast as it goes, on a socket of its own, again and again."""
    content = {"comm_id": "x", "target_name": "x", "data": {"x": "y" * 4_800_000}}
    large, small = message("nothing", content), message("comm_info_request", {})
    while True:
        async with visitor.another_socket() as socket:
            try:
                for _ in range(7):
                    await socket.send(large)
                for _ in range(2000):
                    await socket.send(small)
            except Exception:
                await asyncio.sleep(0.1)


def in_chromium(count: int) -> dict[str, Any]:
    """Some in a real browser, and how soon the server notices that they have vanished."""
    with serving(f"--pool={count}", f"--visitors={count}", f"--away={AWAY}") as server:
        server.wait_for_kernels(count)
        before = load()
        kernels = server.kernels()
        found = asyncio.run(come(server, count))
        started = time.monotonic()
        while set(kernels) & set(server.kernels()):
            if time.monotonic() - started > 300:
                raise TimeoutError("the kernels of those who left are still there")
            time.sleep(0.5)
        found["seconds of silence after which a kernel ends"] = AWAY
        found["seconds until every kernel of theirs had ended"] = round(
            time.monotonic() - started, 1
        )
        found["load before and after"] = [before, load()]
    return found


if __name__ == "__main__":
    main()
