"""Chapters run side by side before the pages are written."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
import yaml
from jupyter_cache import get_cache
from paths import ROOT

from rnnbook.book import execution

SETTINGS = "execute:\n  timeout: 60\n"
CONTENTS = "root: index\nchapters:\n- file: one\n- file: two\n- file: page\n"
# Each waits until the other has begun, so that neither ends if they run one after the other.
MEETING = """
import pathlib, time
pathlib.Path("{here}.begun").touch()
deadline = time.monotonic() + 50
while not pathlib.Path("{there}.begun").exists():
    assert time.monotonic() < deadline, "nobody came"
    time.sleep(0.05)
print("met")
"""


def write(folder: Path, name: str, code: str) -> None:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = [nbformat.v4.new_markdown_cell("# Title"), nbformat.v4.new_code_cell(code)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbformat.write(notebook, folder / "book" / f"{name}.ipynb")


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "book").mkdir()
    (tmp_path / "_config.yml").write_text(SETTINGS)
    (tmp_path / "book" / "_toc.yml").write_text(CONTENTS)
    (tmp_path / "book" / "page.md").write_text("# Title")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    return tmp_path


def test_chapters_run_side_by_side_and_once(
    book: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(execution, "at_once", lambda: 2)
    write(book, "one", MEETING.format(here=book / "one", there=book / "two"))
    write(book, "two", MEETING.format(here=book / "two", there=book / "one"))
    write(book, "index", f"open('{book / 'ran'}', 'a').write('once ')")
    write(book, "unlisted", f"open('{book / 'ran'}', 'a').write('unlisted ')")
    assert execution.main() == 0
    cache = get_cache(book / execution.CACHE)
    assert execution.unknown(book, cache) == []
    records = {Path(record.uri).stem: record for record in cache.list_cache_records()}
    assert set(records) == {"index", "one", "two"}
    assert all(record.data["execution_seconds"] > 0 for record in records.values())
    notebook = cache.get_cache_bundle(records["one"].pk).nb
    assert notebook.cells[0].outputs[0].text == "met\n"
    assert capsys.readouterr().out.count(" ran in ") == 3
    assert execution.main() == 0
    assert (book / "ran").read_text() == "once "


def test_a_chapter_runs_in_an_empty_folder_that_is_gone_afterwards(book: Path) -> None:
    write(book, "one", "import os\nprint(os.listdir())\nopen('left', 'w').close()")
    write(book, "two", "import os\nprint(os.getcwd(), end='')")
    ran = dict(execution.run([book / "book" / f"{name}.ipynb" for name in ("one", "two")], 60))
    one, two = (ran[path].notebook.cells[1].outputs[0].text for path in sorted(ran))
    assert one == "[]\n"
    assert not Path(two).exists() and Path(two) != book / "book"
    assert not list(book.rglob("left"))
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert settings["execute"]["run_in_temp"], "MyST-NB runs again what failed"


def test_a_chapter_that_fails_is_left_to_be_reported(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(book, "one", "1 / 0")
    write(book, "two", "import os\nos._exit(3)")
    write(book, "index", "1 / 1")
    assert execution.main() == 0
    found = execution.unknown(book, get_cache(book / execution.CACHE))
    assert [path.stem for path in found] == ["one", "two"]
    said = capsys.readouterr().out
    assert "one.ipynb failed (CellExecutionError) and will be run again" in said
    assert "two.ipynb failed (DeadKernelError) and will be run again" in said
