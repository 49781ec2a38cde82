"""README's lines for nginx and Caddy, and the servers of deploy/, each with the real program."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
from contextlib import ExitStack, contextmanager

import pytest
import yaml
from browser import visit
from dashboards import (
    LAPTOP,
    expected,
    generate,
    serving,
    wait_for_all,
    wait_for_port,
    wait_for_words,
    wait_until,
)
from paths import ROOT
from ports import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OPTIONS = {"viewport": LAPTOP, "bypass_csp": True, "ignore_https_errors": True}
TOKEN = "open-sesame-4711"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], "/usr/sbin"]))
    if found is None:
        pytest.skip(f"no {name} here")
    return found


@contextmanager
def running(folder, port: int, *command: str):
    """A proxy until the end of the block."""
    log = folder / "proxy.log"
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with log.open("w") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, env={**os.environ, **home}
        )
        try:
            wait_for_port(port, process, log)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


@contextmanager
def nginx(folder, port: int, http: str):
    """nginx with a configuration of what is inside of its ``http``."""
    temporary = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = " ".join(f"{name}_temp_path {folder}/{name};" for name in temporary)
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;\n"
        f"events {{}}\nhttp {{ access_log off; {paths}\n{http}\n}}\n"
    )
    # its first messages go to a place that only root may write to, whatever the file says
    command = (program("nginx"), "-e", "stderr", "-p", str(folder), "-c", f"{folder}/nginx.conf")
    with running(folder, port, *command):
        yield


def certificate(folder) -> str:
    """Lines of nginx for HTTPS with a certificate that nobody has signed."""
    subprocess.run(
        [program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return f"ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;"


def visit_by_token(browser, address: str) -> list[dict]:
    """Come with the token, have a text written, and leave; the cookies that were set."""
    with visit(browser, f"{address}?token={TOKEN}", **OPTIONS) as (page, record):
        page.set_default_timeout(60_000)
        wait_for_all(page)
        assert page.url == address  # the token stays in no address
        assert generate(page) == expected("ROMEO:\n", 300, 0.7, 1)
        page.reload()  # a cookie remembers who came
        wait_for_all(page)
        assert not record.foreign
        found = page.context.cookies(address + "alive/x") + page.context.cookies(address)
    with visit(browser, address, **OPTIONS) as (page, _):
        page.get_by_text("A token is asked for").wait_for()
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_role("button", name="Come in").click()
        wait_for_all(page)
    return found


@pytest.fixture(scope="module")
def below(tmp_path_factory):
    """As README starts it for a proxy."""
    folder = tmp_path_factory.mktemp("below")
    assert "--token=SECRET --base_url=/rnn/" in README
    with serving(folder, f"--token={TOKEN}", "--base_url=/rnn/", "--pool=2", small=False) as found:
        yield found


def block_of_readme(server) -> str:
    found = re.search(r"```nginx\n(.*?)```", README, re.DOTALL)
    assert found and "127.0.0.1:8866" in found[1]
    return found[1].replace("127.0.0.1:8866", server.address.split("/")[2])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_readmes_lines_for_nginx(browser, below, tmp_path, scheme):
    port = free_port()
    secure = certificate(tmp_path) if scheme == "https" else ""
    listen = f"listen 127.0.0.1:{port}{' ssl' if secure else ''}; {secure}"
    with nginx(tmp_path, port, f"server {{ {listen} {block_of_readme(below)} }}"):
        cookies = visit_by_token(browser, f"{scheme}://127.0.0.1:{port}/rnn/")
    ours = [cookie for cookie in cookies if cookie["name"] != "_xsrf"]
    assert ours and all(cookie["secure"] == bool(secure) for cookie in ours), cookies


def test_readmes_line_for_caddy(browser, below, tmp_path):
    port = free_port()
    found = re.search(r"`(reverse_proxy /rnn/\* 127\.0\.0\.1:8866)`", README)
    assert found
    line = found[1].replace("127.0.0.1:8866", below.address.split("/")[2])
    (tmp_path / "Caddyfile").write_text(
        "{\n admin off\n auto_https disable_redirects\n skip_install_trust\n"
        " default_sni 127.0.0.1\n}\n"
        f"https://127.0.0.1:{port} {{\n tls internal\n {line}\n}}\n"
    )
    command = (program("caddy"), "run", "--config", f"{tmp_path}/Caddyfile")
    with running(tmp_path, port, *command):
        wait_until(lambda: speaks_https(port))  # it signs a certificate once it listens
        cookies = visit_by_token(browser, f"https://127.0.0.1:{port}/rnn/")
    ours = [cookie for cookie in cookies if cookie["name"] != "_xsrf"]
    assert ours and all(cookie["secure"] for cookie in ours), cookies


def speaks_https(port: int) -> bool:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
            context.wrap_socket(plain).close()
    except OSError:
        return False
    return True


def test_two_servers_behind_one_proxy_each_with_its_own_visitors(browser, tmp_path):
    """Visitors stay where they came to; when a server ends, its visitors go on at the other."""
    content = (ROOT / "deploy" / "nginx.conf").read_text()
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    port = free_port()
    content = content.replace("listen 8080", f"listen 127.0.0.1:{port}")
    command = compose["services"]["dashboard-1"]["command"]
    options = [word for word in command if word.startswith("--base_url")]
    with ExitStack() as stack:
        servers = {}
        for name in ("dashboard-1", "dashboard-2"):
            (tmp_path / name).mkdir()
            one = serving(tmp_path / name, *options, "--pool=1", "--visitors=4", small=False)
            servers[name] = stack.enter_context(one)
            content, count = re.subn(f"{name}:8866", servers[name].address.split("/")[2], content)
            assert count == 1
        stack.enter_context(nginx(tmp_path, port, content))
        address = f"http://127.0.0.1:{port}/rnn/"
        pages = {}
        for _ in range(12):  # it is a lot: twelve times the same has a chance of 1 in 2,048
            page, _ = stack.enter_context(visit(browser, address, **OPTIONS))
            page.set_default_timeout(60_000)
            wait_for_all(page)
            name = next(n for n, s in servers.items() if has_kernel(s, page))
            if name in pages:
                page.context.close()
            pages.setdefault(name, page)
            if len(pages) == 2:
                break
        assert len(pages) == 2
        for name, page in pages.items():
            page.reload()
            wait_for_all(page)
            assert has_kernel(servers[name], page)
            assert generate(page) == expected("ROMEO:\n", 300, 0.7, 1)
        kept = servers["dashboard-2"].kernel_of(pages["dashboard-2"])
        lost = pages["dashboard-1"]
        lost.get_by_label("Prompt").fill("JULIET")
        time.sleep(1)
        servers["dashboard-1"].process.send_signal(signal.SIGTERM)
        lost.get_by_role("button", name="Start again").click()
        wait_for_words(lost, "are here again")
        assert lost.get_by_label("Prompt").input_value() == "JULIET"
        assert has_kernel(servers["dashboard-2"], lost)
        assert servers["dashboard-2"].kernel_of(pages["dashboard-2"]) == kept
        wait_until(lambda: generate(pages["dashboard-2"]) == expected("ROMEO:\n", 300, 0.7, 1))


def has_kernel(server, page) -> bool:
    try:
        return bool(server.kernel_of(page))
    except (AssertionError, OSError):
        return False
