"""What pyproject.toml cannot say: the results in book/results travel in the wheel.

They stay where the book has them; a build copies them to rnnbook/results.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

RESULTS = Path(__file__).parent / "book" / "results"


class WithResults(build_py):
    """Builds the modules, and puts the results beside them; a checkout needs no copy."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib) / "rnnbook" / "results"
            target.mkdir(parents=True, exist_ok=True)
            for path in RESULTS.glob("*.json"):
                shutil.copy(path, target)


setup(cmdclass={"build_py": WithResults})
