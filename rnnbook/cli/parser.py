"""A parser of commands whose options stand anywhere and take any text as their value."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


class Parser(argparse.ArgumentParser):
    """An ``ArgumentParser`` that lets the value of an option begin with a dash.

    ``--prompt -ROMEO`` means ``--prompt=-ROMEO``, unless what follows is an option itself.
    Options may stand between the arguments: ``evaluate MODEL --json TEXT``.
    """

    _is_between = False  # whether argparse asks again, for the part that it is at

    def parse_known_args(self, args=None, namespace=None):
        if args is not None:
            args = self._joined(args)
        if self._is_between or self._subparsers is not None:
            return super().parse_known_args(args, namespace)
        self._is_between = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_between = False

    def _joined(self, arguments: Sequence[str]) -> list[str]:
        options = self._option_string_actions
        joined: list[str] = []
        rest = iter(arguments)
        for argument in rest:
            if argument == "--":
                return [*joined, argument, *rest]
            action = options.get(argument)
            takes_a_value = action is not None and action.nargs is None and argument[:2] == "--"
            value = next(rest, None) if takes_a_value else None
            if value is None:
                joined.append(argument)
            elif value[:1] == "-" and value != "-" and not self._is_long_option(value):
                joined.append(f"{argument}={value}")
            else:
                joined += [argument, value]
        return joined

    def _is_long_option(self, value: str) -> bool:
        return value[:2] == "--" and value.split("=")[0] in self._option_string_actions
