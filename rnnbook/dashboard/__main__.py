"""``python -m rnnbook.dashboard``: serve the dashboard with Voila.

Checkpoints of your own stand first in the list of models: ``python -m rnnbook.dashboard
my-text.safetensors``. ``--visitors=24`` says how many may come at once and ``--pool=2``
how many pages are kept ready for the next ones. Other options, such as ``--port=8870`` or
``--no-browser``, are Voila's. It answers on this machine only, unless ``--Voila.ip``
says otherwise.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from rnnbook import checkpoints, extras
from rnnbook.dashboard import index, models
from rnnbook.errors import DashboardError, RnnbookError

#: What ``voila.json`` in the repository says too, for who starts Voila by hand
#: (then with Voila's own template, which asks other hosts for two style sheets, and
#: without the limits of our own server).
SETTINGS: dict[str, dict[str, Any]] = {
    "Voila": {"ip": "127.0.0.1"},
    "VoilaConfiguration": {
        "strip_sources": True,
        "show_tracebacks": False,
        "preheat_kernel": True,  # a page waits for the next visitor
        "file_allowlist": ["__no_file_is_served__"],
        "allow_template_override": "NO",
        "allow_theme_override": "NO",
        "extension_allowlist": [
            "@voila-dashboards/widgets-manager8",
            "@jupyter-widgets/jupyterlab-manager",
        ],
    },
    "MappingKernelManager": {
        "cull_idle_timeout": 600,
        "cull_interval": 60,
        "cull_connected": True,
    },
    "KernelManager": {"autorestart": False},  # a new kernel would know nothing of the page
}
#: What every kernel finds in its environment, unless it is set already: one core each.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}

#: The least and the usual value of the options that are numbers.
LEAST = {"visitors": 1, "pool": 0, "away": 1, "crowded": 1, "port": 1}
USUAL = {"visitors": 24, "pool": 2, "away": 600, "crowded": 60, "port": 8866}

_HERE = Path(__file__).parent
_NOTEBOOK = """\
from rnnbook.dashboard import Dashboard

Dashboard().box
"""


def notebook() -> Path:
    """The notebook that Voila runs: the book's, or in an installed package the same in short."""
    from_book = _HERE.parents[1] / "book" / "dashboard.ipynb"
    if from_book.exists():
        return from_book
    import tempfile

    import nbformat

    content = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(_NOTEBOOK)])
    path = Path(tempfile.mkdtemp(prefix="rnnbook-")) / "dashboard.ipynb"
    nbformat.write(content, path)
    return path


def arguments(options: list[str]) -> list[str]:
    """What Voila is told: the notebook, and the settings that keep it safe and cheap.

    A setting that is among the options, by its full name or by its last part, is left
    to them, since Voila refuses to hear one twice.
    """
    chosen = {option.lstrip("-").split("=")[0].rsplit(".", 1)[-1] for option in options}
    defaults = {"VoilaConfiguration": {"template": "rnnbook"}}
    settings = [
        f"--{section}.{name}={item}"
        for sections in (defaults, SETTINGS)
        for section, values in sections.items()
        for name, value in values.items()
        for item in (value if isinstance(value, list) else [value])
        if name not in chosen
    ]
    return [str(notebook()), *settings, *options]


def own_models(names: list[str]) -> str:
    """The value of ``RNNBOOK_MODELS`` for checkpoints given as paths or names.

    Raises :class:`CheckpointError` if one of them is none.
    """
    for name in names:
        checkpoints.load(name)
    found = [str(Path(name).resolve()) if Path(name).exists() else name for name in names]
    return json.dumps(found)


def check_numbers(options: list[str]) -> None:
    """Raise :class:`DashboardError` for an option that is no number, or out of range."""
    for option in options:
        name, _, value = option.lstrip("-").partition("=")
        if name not in LEAST:
            continue
        try:
            is_right = int(value) >= LEAST[name]
        except ValueError:
            is_right = False
        if not is_right:
            raise DashboardError(
                f"--{name} is a whole number from {LEAST[name]}, as in --{name}={USUAL[name]}, "
                f"and not {value!r}"
            )


def main() -> None:
    """Serve until interrupted."""
    names = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    options = [argument for argument in sys.argv[1:] if argument.startswith("-")]
    try:
        extras.require("the dashboard", "voila", "ipykernel", "nbformat")
        check_numbers(options)
        os.environ[models.OWN_MODELS] = own_models(names)
    except RnnbookError as error:
        sys.exit(f"error: {error}")
    paths = [str(_HERE / "share" / "jupyter"), os.environ.get("JUPYTER_PATH", "")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, paths))
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if not index.is_made():
        subprocess.Popen([sys.executable, "-m", "rnnbook.dashboard.index", "--gently"])
    from rnnbook.dashboard.server.application import Server  # it reads JUPYTER_PATH

    Server.launch_instance(argv=arguments(options))


if __name__ == "__main__":
    main()
