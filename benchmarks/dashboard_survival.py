"""What a visitor reads while a network is cut, a laptop sleeps, or a server is started anew.

    python benchmarks/dashboard_survival.py

Real pages in Chromium, each behind a cable of its own, begin to write a text, and then something
happens: the network is gone for 5 seconds, 35 seconds or 5 minutes; the page is frozen, as a
browser freezes what nobody looks at, or the whole browser is stopped, as by a laptop that is
closed, and its network is there three seconds after it goes on; the process behind the page, or
the whole server, ends. What stands on the page is read four times a second through the browser's
own tools, and written down with its times. Where the page offers to start again, that is pressed
two seconds later. Takes some fourteen minutes, most of which is waiting.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from _common import provenance, table, write_json
from _dashboard import WHOLE, Server, load, serving

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from cable import cable_to  # what the tests use, too
from tabs import Chromium, Tab, chromium_of_its_own

LENGTHS = {"5 seconds": 5, "35 seconds": 35, "5 minutes": 300}
CUTS = ("nothing is lost", "connections are lost", "the device is offline")
SLEEPS = {"5 minutes": 300, "11 minutes": 660}
#: Seconds that a server is away, and that a page is awake before its network is there.
AWAY, AWAKE = 20, 3
#: Seconds for which a page is read before it happens, and after the end at most.
BEFORE, AFTER = 1.0, 90.0
_EVERY = 0.25  # seconds from one reading to the next
TICKS = "ticks of a timer while it slept"
_HAND = 2.0  # seconds after which a visitor presses what is offered
LONG = 100.0  # seconds; what takes longer waits beside the others
_APART = 12.0  # seconds from the beginning of one of these to that of the next

READ = """(() => {
  const words = (selector) => [...document.querySelectorAll(selector)]
    .filter((one) => one.checkVisibility()).map((one) => one.innerText.trim()).join(" ");
  return {
    reads: words("#loading, #rnnbook-state, #rnnbook-ended p").replace(/\\s+/g, " "),
    says: words(".rnnbook-laboratory .rnnbook-message"),
    characters: document.querySelector(".rnnbook-flow")?.textContent.length ?? 0,
    offers: Boolean(document.querySelector("#rnnbook-ended button")?.checkVisibility()),
    connected: window.jupyterapp?.widgetManager?.kernel?.connectionStatus === "connected",
    ticks: window.ticks ?? 0,
  };
})()"""
NOTHING = {"reads": "", "says": "", "characters": 0, "offers": False, "connected": False}
_SLIDER = "[...document.querySelectorAll('.noUi-handle')].find((one) => one.ariaLabel === {})"

Seen = dict[str, Any]


class Story:
    """What one page said, and when; seconds are counted from what happens to it."""

    def __init__(self, tab: Tab, begins_in: float = 0.0) -> None:
        self.tab, self.started = tab, time.monotonic() + begins_in
        self.readings: list[Seen] = []
        self.marks: dict[str, float] = {}

    @property
    def at(self) -> float:
        return round(time.monotonic() - self.started, 2)

    def mark(self, what: str) -> None:
        """Note that something happens now."""
        self.marks[what] = self.at

    def read(self, until: Callable[[Seen], bool], seconds: float) -> bool:
        """Read on until it says so; whether it did within so many seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                seen = self.tab.evaluate(READ)
            except RuntimeError:  # between two pages there is nothing to read
                seen = NOTHING
            self.readings.append({**seen, "at": self.at})
            if until(seen):
                return True
            time.sleep(max(0.0, min(_EVERY, end - time.monotonic())))
        return False

    def told(self) -> list[Seen]:
        """Readings that are alike as one, with the second of its first and of its last."""
        found: list[Seen] = []
        for seen in self.readings:
            line = {name: seen[name] for name in ("reads", "says", "connected")}
            if not found or any(found[-1][name] != value for name, value in line.items()):
                found.append({"from": seen["at"], **line})
            found[-1].update({"to": seen["at"], "characters": seen["characters"]})
        return found

    def start_again(self) -> None:
        """Press what is offered, as a hand does that has read it."""
        self.read(lambda _: False, _HAND)
        self.mark("Start again is pressed")
        self.tab.click("Start again")

    def ending(self, returned: float) -> Seen:
        """Read until all is well, pressing what is offered; how long it took since then."""
        is_well = has_come_back if "Start again is pressed" in self.marks else at_rest
        done = self.read(lambda seen: is_well(seen) or seen["offers"], AFTER)
        if done and self.readings[-1]["offers"]:
            self.start_again()
            returned = self.at
            done = self.read(has_come_back, AFTER)
        connected = [seen["at"] for seen in self.readings if seen["at"] >= returned
                     and seen["connected"] and not seen["reads"]]  # fmt: skip
        self.tab.close()
        return {
            "came back": done,
            "seconds until connected": round(connected[0] - returned, 1) if connected else None,
            "seconds until the text is whole": round(self.at - returned, 1) if done else None,
            "characters": self.readings[-1]["characters"],
            "marks": self.marks,
            "told": self.told(),
        }


def writing(browser: Chromium, address: str) -> Story:
    """A page that is whole, and has just begun to write a thousand characters."""
    tab = Tab(browser, address)
    tab.wait_for(f"({WHOLE})()")
    slider = _SLIDER.format(json.dumps("Sequence length"))
    tab.wait_for(f"Boolean({slider})")
    tab.evaluate(f"{slider}.focus(), window.ticks = 0, setInterval(() => window.ticks++, 100)")
    tab.key("End", 35)
    tab.wait_for(
        "[...document.querySelectorAll('.widget-readout')]"
        ".some((one) => one.textContent === '1000')"
    )
    tab.click("Generate")
    story = Story(tab, BEFORE)
    story.read(lambda _: False, BEFORE)
    return story


def at_rest(seen: Seen) -> bool:
    """Whether a page is connected, says nothing of its state, and has its whole text."""
    return seen["connected"] and not seen["reads"] and "Wrote 1,000" in seen["says"]


def has_come_back(seen: Seen) -> bool:
    """Whether a page that was loaded anew has its text and settings again."""
    return seen["connected"] and not seen["reads"] and "are here again" in seen["says"]


def cut(browser: Chromium, server: Server, seconds: float, how: str) -> Seen:
    """The network is away: without a word, or so that the device knows of it."""
    with cable_to(server.address) as cable:
        story = writing(browser, cable.address)
        cable.cut()
        story.tab.set_offline(how == "the device is offline")
        story.mark("the network is cut")
        story.read(lambda _: False, seconds - story.at)
        cable.mend(forgets=how != "nothing is lost")
        story.tab.set_offline(False)
        story.mark("the network is back")
        return story.ending(story.at)


def sleep(server: Server, seconds: float, how: str) -> Seen:
    """The page is frozen, or the whole browser stopped; its network comes later than it."""
    with chromium_of_its_own() as browser, cable_to(server.address) as cable:
        story = writing(browser, cable.address)
        before = story.readings[-1]["ticks"]
        if how == "the laptop is closed":
            browser.stop()
        else:
            story.tab.freeze()
        cable.cut()
        story.mark(how)
        time.sleep(seconds - story.at)
        if how == "the laptop is closed":
            browser.go_on()
        else:
            story.tab.thaw()
        story.mark("it goes on")
        story.read(lambda _: True, 1)
        ticks = story.readings[-1]["ticks"] - before
        story.read(lambda _: False, AWAKE)
        cable.mend()
        story.mark("the network is back")
        return {TICKS: ticks, **story.ending(story.at)}


def restart(browser: Chromium, number: int) -> Seen:
    """The server ends, by a signal that it hears or by one that it does not; another begins."""
    with serving("--pool=2") as first, ThreadPoolExecutor(1) as helper:
        story = writing(browser, first.address)
        first.process.send_signal(number)
        story.mark("the server is ended")
        if story.read(lambda seen: seen["offers"], AWAY):
            story.start_again()
            story.read(lambda _: False, AWAY - story.at)
        again = serving("--pool=2", port=first.port)
        starting = helper.submit(again.__enter__)
        story.read(lambda _: starting.done(), AFTER)
        story.mark("another server answers")
        try:
            return story.ending(story.at)
        finally:
            again.__exit__(None, None, None)


def kernel_ends(browser: Chromium) -> Seen:
    """The process behind the page is killed, as by a machine that is out of memory."""
    with serving("--pool=1", "--visitors=1") as server:
        story = writing(browser, server.address)
        for pid in server.kernels():
            os.kill(pid, signal.SIGKILL)
        story.mark("the process is killed")
        return story.ending(story.at)


def no_place(browser: Chromium) -> Seen:
    """Somebody comes while every place is taken, and gets the one that becomes free."""
    with serving("--pool=1", "--visitors=1") as server:
        first = writing(browser, server.address)
        later = Story(Tab(browser, server.address))
        later.mark("another visitor comes")
        later.read(lambda _: False, 12)
        first.tab.evaluate("location.href = 'about:blank'")
        later.mark("the first one leaves")
        returned = later.at
        done = later.read(lambda seen: seen["connected"] and seen["characters"] > 300, AFTER)
        return {"came back": done, "seconds until connected": round(later.at - returned, 1),
                "marks": later.marks, "told": later.told()}  # fmt: skip


def cases(share: float) -> Iterator[tuple[str, float, Callable[[Chromium, Server], Seen]]]:
    """Each with its name and with the seconds that it takes at least."""
    for name, seconds in LENGTHS.items():
        for how in CUTS:
            some = max(5.0, seconds * share)
            yield (f"cut for {name}; {how}", some, lambda b, s, t=some, h=how: cut(b, s, t, h))
    for name, seconds in SLEEPS.items():
        for how in ("the page is frozen", "the laptop is closed"):
            some = max(5.0, seconds * share)
            yield (f"{how} for {name}", some, lambda _, s, t=some, h=how: sleep(s, t, h))
    yield "the server is told to end", 40, lambda b, _: restart(b, signal.SIGTERM)
    yield "the server is killed", 40, lambda b, _: restart(b, signal.SIGKILL)
    yield "the page's process is killed", 5, lambda b, _: kernel_ends(b)
    yield "every place is taken", 20, lambda b, _: no_place(b)


def tried(name: str, case: Callable[..., Seen], *given: Any) -> Seen:
    """A case; what goes wrong in it is what it gives."""
    try:
        found = case(*given)
    except Exception as error:
        found = {"came back": False, "went wrong": f"{type(error).__name__}: {error}"[:500]}
    print(f"{name}: {'came back' if found['came back'] else found}", flush=True)
    return found


def everything(share: float, only: str) -> dict[str, Seen]:
    """Those that take long wait side by side; beside them the rest come two by two."""
    chosen = [case for case in cases(share) if only in case[0]]
    long = [case for case in chosen if case[1] > LONG * share]
    running: dict[str, Future[Seen]] = {}
    with (
        serving("--pool=2", f"--visitors={len(chosen)}") as server,
        chromium_of_its_own() as browser,
        ThreadPoolExecutor(len(long) + 1) as together,
        ThreadPoolExecutor(2) as in_turn,
    ):
        server.wait_for_kernels(2)
        for name, _, case in sorted(long, key=lambda case: -case[1]):
            running[name] = together.submit(tried, name, case, browser, server)
            time.sleep(_APART)
        for name, _, case in chosen:
            if name not in running:
                running[name] = in_turn.submit(tried, name, case, browser, server)
        return {name: running[name].result() for name, *_ in chosen}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=float, default=1.0, help="of each cut and each sleep")
    parser.add_argument("--only", default="", help="cases with these words in their names")
    parser.add_argument("--readings", action="store_true", help="print all that was read, too")
    arguments = parser.parse_args()
    before = load()
    found = everything(arguments.share, arguments.only)
    columns = ("came back", "seconds until connected", "seconds until the text is whole")
    rows = [(name, *(one.get(column, "") for column in columns)) for name, one in found.items()]
    print(table(("what happens", *columns), rows))
    for name, one in found.items() if arguments.readings else ():
        print(f"\n{name}: {one.get('went wrong', one.get('marks'))} {one.get(TICKS, '')}")
        for line in one.get("told", []):
            socket = "connected" if line["connected"] else ""
            print(f"{line['from']:8.2f} {line['to']:8.2f} {line['characters']:5} {socket:9} "
                  f"{line['reads']} | {line['says']}")  # fmt: skip
    if (arguments.share, arguments.only) == (1, ""):
        write_json("dashboard_survival", provenance(load=[before, load()], cases=found))


if __name__ == "__main__":
    main()
