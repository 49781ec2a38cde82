"""``rnnbook book`` opens what was built, or says how to build it."""

from __future__ import annotations

import pytest

from rnnbook.cli import book_command, main
from rnnbook.errors import BookError


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout whose book is not built, and no other one."""
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "_toc.yml").touch()
    (tmp_path / "far" / "below").mkdir(parents=True)
    monkeypatch.setattr("rnnbook.__file__", str(tmp_path / "elsewhere" / "rnnbook" / "x.py"))
    monkeypatch.chdir(tmp_path / "far" / "below")
    return tmp_path


@pytest.fixture
def opened(monkeypatch):
    addresses = []
    monkeypatch.setattr(book_command.webbrowser, "open", addresses.append)
    return addresses


def build(checkout):
    (checkout / book_command.INDEX).parent.mkdir(parents=True)
    (checkout / book_command.INDEX).touch()
    return (checkout / book_command.INDEX).as_uri()


def test_a_built_book_is_opened_from_anywhere_inside_the_checkout(checkout, opened, capsys):
    address = build(checkout)
    assert main(["book"]) == 0
    assert opened == [address]
    told = capsys.readouterr().out
    assert told.startswith(address) and "no browser" in told  # append returns None
    assert main(["book", "--where"]) == 0
    assert opened == [address] and capsys.readouterr().out == f"{address}\n"


def test_the_package_knows_the_checkout_that_it_was_installed_from(checkout, tmp_path, monkeypatch):
    build(checkout)
    monkeypatch.setattr("rnnbook.__file__", str(checkout / "rnnbook" / "__init__.py"))
    other = tmp_path / "other"
    other.mkdir()
    assert book_command.find_book(other) == checkout / book_command.INDEX


def test_a_book_that_is_not_built_says_how(checkout, opened, capsys):
    assert main(["book"]) == 1
    assert f"in {checkout}, run: make book" in capsys.readouterr().err and not opened


def test_without_a_checkout_it_says_where_chapters_are(checkout, opened, capsys):
    (checkout / "book" / "_toc.yml").unlink()
    assert main(["book"]) == 1
    assert "run: make book" in capsys.readouterr().err and not opened
    with pytest.raises(BookError, match="Clone that"):
        book_command.find_book(checkout)
