"""Tokens, cookies, proxies and addresses with a path: who comes in, and how."""

from __future__ import annotations

import json
import re
from urllib.parse import urlencode

import pytest
import websocket
from dashboards import serving, wait_until
from paths import ROOT
from visits import NOBODY, ask

pytestmark = pytest.mark.slow
TOKEN = "open-sesame-4711"


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    with serving(
        tmp_path_factory.mktemp("closed"), f"--token={TOKEN}", "--pool=1", small=False
    ) as found:
        yield found


def post(server, path: str, **fields: str):
    from http.client import HTTPConnection
    from urllib.parse import urlsplit

    connection = HTTPConnection(urlsplit(server.address).netloc, timeout=30)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", path, urlencode(fields), kind)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, text


def test_without_the_token_a_page_asks_for_it(closed):
    for path in ("/", "/?token=wrong", "/?prompt=KING"):
        status, headers, page = ask(closed, path)
        assert status == 403 and "A token is asked for" in page
        assert 'name="token"' in page and "<form" in page and "To the dashboard" not in page
        assert ("not the right one" in page) == ("wrong" in path)
        assert "default-src 'none'" in headers["Content-Security-Policy"]
    for path, method in (("/place", "POST"), (f"/alive/{NOBODY}", "GET"),
                         (f"/api/kernels/{NOBODY}", "GET"),
                         (f"/voila/api/shutdown/{NOBODY}", "POST")):  # fmt: skip
        assert ask(closed, path, method)[0] == 403, path
    assert ask(closed, "/healthz")[0] == 200


def test_with_the_token_the_page_comes(closed):
    status, _, page = post(closed, "/?prompt=KING", token="wrong")
    assert status == 403 and "not the right one" in page
    status, headers, _ = post(closed, "/?prompt=KING", token=TOKEN)
    assert status == 303 and headers["Location"] == "/?prompt=KING"
    cookie = headers["Set-Cookie"].split(";")[0]
    status, _, page = ask(closed, "/", headers={"Cookie": cookie})
    assert status == 200 and "jupyter-config-data" in page
    assert ask(closed, f"/?token={TOKEN}")[0] == 200
    wait_until(lambda: ask(closed, "/place", "POST", {"Cookie": cookie})[0] == 200)


def test_neither_tokens_nor_prompts_are_logged(closed):
    for path in (f"/?token={TOKEN}", "/?token=almost-right", "/nothing?prompt=my-secret-prompt",
                 "/my-secret-path", f"/alive/{NOBODY}?prompt=my-secret-prompt"):  # fmt: skip
        ask(closed, path)
        ask(closed, path, "POST")
    ask(closed, "/", headers={"Cookie": "_xsrf=my-secret-cookie; username-x=my-secret-cookie"})
    log = closed.log.read_text()
    assert TOKEN not in log and "almost-right" not in log and "my-secret" not in log


@pytest.fixture(scope="module")
def below(tmp_path_factory):
    """Below a path, as behind a proxy."""
    with serving(
        tmp_path_factory.mktemp("below"), "--base_url=/rnn/", "--pool=1", small=False
    ) as found:
        yield found


def headers_of_nginx(port: int, scheme: str) -> dict[str, str]:
    """What README's block for nginx hands on, read from README itself."""

    text = (ROOT / "README.md").read_text()
    block = text[text.index("location /rnn/ {") :]
    known = {"$http_host": f"example.org:{port}", "$host": "example.org", "$scheme": scheme,
             "$http_upgrade": "websocket"}  # fmt: skip
    found = re.findall(r'proxy_set_header (\S+) "?([^";]+)"?;', block[: block.index("}")])
    return {name: known.get(value, value) for name, value in found}


@pytest.mark.parametrize("port, scheme", [(443, "https"), (8443, "https"), (8080, "http")])
def test_readmes_proxy_lets_a_page_in_on_any_port(below, port, scheme):
    given = headers_of_nginx(port, scheme)
    host = given["Host"]
    assert host == f"example.org:{port}"
    plain = {k: v for k, v in given.items() if k not in ("Upgrade", "Connection")}

    def asked() -> bool:
        nonlocal answer
        answer = ask_with_host(
            below, "/rnn/place", "POST", {**plain, "Origin": f"{scheme}://{host}"}
        )
        return answer[0] == 200

    answer: tuple = ()
    wait_until(asked)
    kernel_id = json.loads(answer[2])["kernel"]
    lines = [line for line in answer[1].get_all("Set-Cookie") if "rnnbook" in line]
    assert lines and all(("Secure" in line) == (scheme == "https") for line in lines)
    assert all("Path=/rnn/" in line for line in lines)
    cookie = "; ".join(line.split(";")[0] for line in lines)
    address = below.address.replace("http", "ws") + f"rnn/api/kernels/{kernel_id}/channels"
    socket = websocket.create_connection(
        address, cookie=cookie, host=host, origin=f"{scheme}://{host}", timeout=20,
        header=[f"X-Forwarded-Proto: {scheme}"],
    )  # fmt: skip
    socket.close()
    shutdown = f"/rnn/voila/api/shutdown/{kernel_id}"
    assert ask_with_host(below, shutdown, "POST", {**plain, "Cookie": cookie})[0] == 204


def ask_with_host(server, path: str, method: str, headers: dict[str, str]):
    """As :func:`ask`, with a Host of one's own."""
    from http.client import HTTPConnection
    from urllib.parse import urlsplit

    connection = HTTPConnection(urlsplit(server.address).netloc, timeout=30)
    connection.putrequest(method, path, skip_host=True)
    for name, value in {"Content-Length": "0", **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, answer.headers, text


def test_cookies_of_no_ascii_and_addresses_of_other_servers_are_no_accidents(closed, below):
    visit_headers = {"Cookie": "rnnbook-alive=\xe9\xff; rnnbook-kernel=\xe9"}
    for path in (f"/alive/{NOBODY}", f"/api/kernels/{NOBODY}"):
        assert ask(below, f"/rnn{path}", headers=visit_headers)[0] in (404, 410)
    for path in ("/logout", "/login", "/rnn/logout", "/rnn/login"):
        assert ask(below, path)[0] == 404
    for found in (closed, below):
        assert "Traceback" not in found.log.read_text()
        assert "accident" not in found.log.read_text()


def test_a_visitor_below_a_path(below):
    status, _, page = ask(below, "/rnn/")
    assert status == 200 and "/rnn/voila/templates/rnnbook/static/arrive.js" in page
    assert ask(below, "/")[0] == 404
