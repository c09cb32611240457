"""A visitor writes X-Forwarded-For himself, and the proxy adds a line of its own below it (HAProxy's `option forwardfor`).

Whoever reads the first line alone lets him choose the address that his wrong passwords count for.
"""

from ipaddress import ip_network
from pathlib import Path

import pytest

from gateways import Gateway, config, gateway

LOOPBACK = (ip_network("127.0.0.1/32"),)


def tried(running: Gateway, *forwarded: str, proto: tuple[str, ...] = ("http",)) -> bytes:
    lines = ["POST /catalyst/login HTTP/1.1", f"Host: {running.host}", f"Origin: {running.url}", "Content-Length: 14",
             *(f"X-Forwarded-For: {one}" for one in forwarded), *(f"X-Forwarded-Proto: {one}" for one in proto)]  # fmt: skip
    return running.raw(("\r\n".join([*lines, "", ""]) + "password=wrong").encode(), wait=20).partition(b"\r\n")[0]


def test_the_last_line_counts(tmp_path: Path) -> None:
    with gateway(tmp_path, config(proxies=LOOPBACK)) as running:
        found = [tried(running, f"198.51.100.{number}", "203.0.113.9") for number in range(7)]
        assert [line.split()[1] for line in found] == [b"401"] * 5 + [b"429"] * 2
        assert "198.51.100" not in running.log.read_text()


@pytest.mark.parametrize("proto", [("https", "http"), ("https, http",), ("http", "https"), ("https", ""), ("",), ()])
def test_a_scheme_that_not_everybody_says_is_not_encrypted(tmp_path: Path, proto: tuple[str, ...]) -> None:
    """Else a visitor who came by http would be given the cookie of https, and his page's Origin would not be ours."""
    with gateway(tmp_path, config(proxies=LOOPBACK)) as running:
        assert b" 401 " in tried(running, "203.0.113.9", proto=proto)  # http://… is ours, so the password is looked at
        assert b" 403 " in tried(running, "203.0.113.9", proto=("https",))
