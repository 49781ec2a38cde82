"""``python -m rnnbook``, and the program ``rnnbook``: see :mod:`rnnbook.cli`."""

import os
import signal


def main() -> int:
    """Run the command line. Ctrl+C while it loads, or when all is done, shows no traceback."""
    is_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_default:
        signal.signal(signal.SIGINT, lambda number, frame: os._exit(130))
    from rnnbook.cli import main as run

    if is_default:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    code = run()
    if is_default:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
