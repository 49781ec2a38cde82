"""What waits until the visitor's hand rests, and what keeps an accident from being a traceback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rnnbook.dashboard import accidents
from rnnbook.errors import RnnbookError

Action = Callable[[], None]


class Later:
    """Actions that are done soon, once each; ``say`` is told what went wrong, as a sentence."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._pending: dict[Action, asyncio.Task[None]] = {}

    def soon(self, action: Action, seconds: float) -> None:
        """Do it once nobody has asked for it again so long; without a running loop, at once."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return self.now(action)
        self.forget(action)
        self._pending[action] = loop.create_task(self._after(seconds, action))

    def forget(self, action: Action | None = None) -> bool:
        """Do not do it, or none of them, after all. Whether it was still to be done."""
        found = [action] if action is not None else list(self._pending)
        tasks = [self._pending.pop(one) for one in found if one in self._pending]
        for task in tasks:
            task.cancel()
        return bool(tasks)

    def now(self, action: Action) -> None:
        """Do it, and say what went wrong."""
        try:
            action()
        except Exception as error:
            self.report(error)

    def report(self, error: Exception) -> None:
        """An error as a sentence in the page; what it was in detail goes to the server's log."""
        is_ours = isinstance(error, RnnbookError)
        self._say(str(error) if is_ours else accidents.report(error))

    async def _after(self, seconds: float, action: Action) -> None:
        await asyncio.sleep(seconds)
        del self._pending[action]
        self.now(action)
