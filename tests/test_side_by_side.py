"""What lets several processes run the tests: units, ports, a browser that is in nobody's way."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from types import SimpleNamespace

import ports
import pytest
from conftest import browser_at_rest, unit
from ports import free_port


def test_a_file_stays_together_unless_it_is_marked(tmp_path: Path) -> None:
    (tmp_path / "test_server.py").write_text("pytestmark = pytest.mark.slow")
    (tmp_path / "test_pages.py").write_text("pytestmark = [pytest.mark.apart]")
    assert unit("test_server.py::test_a[x::y]", tmp_path) == "test_server.py"
    assert unit("test_pages.py::test_a[x::y]", tmp_path) == "test_pages.py::test_a[x::y]"


def test_a_port_is_given_once_and_never_where_somebody_listens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = [free_port() for _ in range(20)]
    assert len(set(given)) == 20
    with socket.create_server(("127.0.0.1", given[0])):
        assert not ports._is_free(given[0])
    monkeypatch.setattr(ports, "_is_free", lambda port: port > given[-1] + 100)
    assert ports.free_port() > given[-1] + 100


@pytest.mark.browser
def test_with_a_browser_open_other_tests_run_loops_of_their_own(browser) -> None:
    async def two() -> int:
        await asyncio.sleep(0)
        return 2

    page = browser.new_page()
    coroutine = two()
    with pytest.raises(RuntimeError, match="running event loop"):
        asyncio.run(coroutine)  # Playwright's loop seems to run
    coroutine.close()
    with browser_at_rest(SimpleNamespace(fixturenames=())):
        assert asyncio.run(two()) == 2
    assert page.evaluate("1 + 1") == 2
    page.close()
