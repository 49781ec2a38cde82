"""README's entry for JupyterHub, with the real hub, its proxy and jupyter-server-proxy.

They are in no extra of the package: `pip install jupyterhub jupyter-server-proxy`, and
`npm install configurable-http-proxy`, both on the path.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from contextlib import contextmanager
from urllib.request import urlopen

import pytest
from browser import visit
from dashboards import LAPTOP, expected, generate, wait_for_all, wait_for_port, wait_until
from paths import ROOT
from ports import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OPTIONS = {"viewport": LAPTOP, "bypass_csp": True}
NAMES = ("jupyterhub", "jupyterhub-singleuser", "configurable-http-proxy")

HUB = """
c.JupyterHub.bind_url = "http://127.0.0.1:{ports[0]}/class/"
c.JupyterHub.hub_port = {ports[1]}
c.JupyterHub.authenticator_class = "dummy"  # who comes is let in by name
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{ports[2]}"
c.ConfigurableHTTPProxy.pid_file = "{folder}/proxy.pid"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/{{username}}"
c.Spawner.args = ["--allow-root", "--config={folder}/server.py"]
c.Spawner.environment = {kept!r}
c.Spawner.start_timeout = c.Spawner.http_timeout = 240
"""


def entry_of_readme() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(\s*c\.ServerProxy\.servers = .*?)```", text, re.DOTALL)
    assert found
    lines = found[1].splitlines()
    margin = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(line[margin:] for line in lines)


@contextmanager
def hub(folder):
    """A hub whose users' servers have README's entry; its address."""
    for name in NAMES:
        if shutil.which(name) is None:
            pytest.skip(f"no {name} here")
    ports = [free_port() for _ in range(3)]
    names = ("JUPYTER_PATH", "PYTHONPATH")  # what a user's server would not be given
    kept = {name: os.environ[name] for name in names if name in os.environ}
    content = HUB.format(ports=ports, folder=folder, kept=kept)
    (folder / "hub.py").write_text("c = get_config()\n" + content)
    (folder / "server.py").write_text("c = get_config()\n" + entry_of_readme() + "\n")
    log = folder / "hub.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            ["jupyterhub", "-f", f"{folder}/hub.py"], cwd=folder,
            stdout=file, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            wait_for_port(ports[0], process, log)
            address = f"http://127.0.0.1:{ports[0]}/class/"
            wait_until(lambda: answers(f"{address}hub/health"))  # the proxy listens before the hub
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=10) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def test_readmes_entry_for_jupyterhub(browser, tmp_path):
    with hub(tmp_path) as address:
        mine = f"{address}user/ada/dashboard/"
        with visit(browser, f"{address}hub/login", **OPTIONS) as (page, record):
            page.set_default_timeout(240_000)
            page.get_by_label("Username").fill("ada")
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(f"{address}user/ada/**")
            page.goto(mine)
            wait_for_all(page)
            assert page.url == mine
            assert generate(page) == expected("ROMEO:\n", 300, 0.7, 1)
            assert not record.foreign
        with visit(browser, mine, **OPTIONS) as (page, _):
            assert page.url.startswith(f"{address}hub/login")
            assert os.path.basename(mine.rstrip("/")) not in page.title()
