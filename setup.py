"""What pyproject.toml cannot say: chapters, and the results that they read, travel in the wheel.

They stay where the book has them; a build copies them to rnnbook/chapters and rnnbook/results.
"""

import ast
import json
import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
#: From where to where.
COPIES = {
    "book/results/*.json": "results",
    "benchmarks/results/*.json": "results/benchmarks",
    "book/*.ipynb": "chapters",
    "book/*.md": "chapters",
}


def titles() -> dict[str, str]:
    """As :func:`rnnbook.experiments.benchmarks.titles`, which needs the package's libraries."""
    found = {}
    for path in sorted((ROOT / "benchmarks").glob("[a-z]*.py")):
        told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        found[path.stem] = re.split(": `|[.]$", told.partition("\n")[0])[0]
    return found


class WithResults(build_py):
    """Builds the modules, and puts chapters and results beside them; a checkout needs no copy."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        package = Path(self.build_lib) / "rnnbook"
        for pattern, place in COPIES.items():
            (package / place).mkdir(parents=True, exist_ok=True)
            for path in ROOT.glob(pattern):
                shutil.copy(path, package / place)
        told = json.dumps(titles(), indent=1)
        (package / "results" / "benchmarks" / "titles.json").write_text(told, encoding="utf-8")


setup(cmdclass={"build_py": WithResults})
