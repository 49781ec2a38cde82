"""``python -m rnnbook``: see :mod:`rnnbook.cli`."""

from rnnbook.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
