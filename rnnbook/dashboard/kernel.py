"""``python -m rnnbook.dashboard.kernel``: IPython's kernel for one visitor, and no more of it.

It has no debugger, which nobody could use and which takes nine megabytes, and it keeps no
history, which would lie in one data base of the server for all visitors, and which they
would wait for each other to write.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Become the kernel."""
    sys.modules["debugpy"] = None  # type: ignore[assignment] # as if it were not installed
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance(argv=[*sys.argv[1:], "--HistoryManager.enabled=False"])


if __name__ == "__main__":
    main()
