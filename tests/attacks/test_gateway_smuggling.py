"""Request smuggling: a request that the gateway reads in one way and ComfyUI in another (RFC 9112 11.2)."""

from collections.abc import Iterator

import pytest

from gateways import Gateway, gateway

SECOND = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
FRAMES = {
    "CL.TE": f"Content-Length: {len(SECOND) + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{SECOND}",
    "TE.CL": "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n" + SECOND + "\r\n0\r\n\r\n",
    "TE.TE": f"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n{SECOND}",
    "two CL": f"Content-Length: 0\r\nContent-Length: {len(SECOND)}\r\n\r\n{SECOND}",
    "list CL": f"Content-Length: 0, {len(SECOND)}\r\n\r\n{SECOND}",
    "signed CL": f"Content-Length: +{len(SECOND)}\r\n\r\n{SECOND}",
    "space before colon": f"Transfer-Encoding : chunked\r\nContent-Length: {len(SECOND)}\r\n\r\n{SECOND}",
    "folded": f"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n{SECOND}",
    "xchunked": f"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{SECOND}",
    "tab chunked": f"Transfer-Encoding:\tchunked, identity\r\n\r\n0\r\n\r\n{SECOND}",
    "bare LF": f"X: y\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n{SECOND}",
    "NUL": f"X: \0\r\nContent-Length: 0\r\n\r\n{SECOND}",
    "h2c": f"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n{SECOND}",
    "bad chunk": f"Transfer-Encoding: chunked\r\n\r\nzz\r\n{SECOND}",
    "long chunk": f"Transfer-Encoding: chunked\r\n\r\n{'f' * 17}\r\n{SECOND}",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway(tmp_path_factory.mktemp("gateway")) as one:
        yield one


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("known", [True, False])
def test_the_second_request_is_nobodys(running: Gateway, name: str, known: bool) -> None:
    """Neither reaches ComfyUI as a request of its own, nor with the login of the first."""
    login = f"Authorization: Bearer {running.token()}\r\n" if known else ""
    running.raw(f"POST /first HTTP/1.1\r\nHost: {running.host}\r\n{login}{FRAMES[name]}".encode(), wait=1.0)
    assert [one["target"] for one in running.stub.seen if "smuggled" in one["target"]] == []
    if not known:
        assert running.stub.seen == []
    running.stub.seen.clear()
    assert running.ask("GET", "/next", Authorization=f"Bearer {running.token()}").status == 200
    assert [one["target"] for one in running.stub.seen] == ["/next"]
    running.stub.seen.clear()


def test_control_an_honest_second_request_is_one(running: Gateway) -> None:
    """The positive control: pipelined with a login of its own it arrives."""
    head = f"Host: {running.host}\r\nAuthorization: Bearer {running.token()}\r\n"
    first = f"POST /first HTTP/1.1\r\n{head}Content-Length: 2\r\n\r\nhi"
    running.raw(f"{first}GET /smuggled HTTP/1.1\r\n{head}\r\n".encode(), 1.0)
    assert [one["target"] for one in running.stub.seen] == ["/first", "/smuggled"]
    running.stub.seen.clear()


@pytest.mark.parametrize("target", ["http://evil/prompt", "/../prompt", "/a#b", "*", "evil:443", "/a\\..\\b", "/\x7f"])
def test_odd_targets(running: Gateway, target: str) -> None:
    login = f"Host: {running.host}\r\nAuthorization: Bearer {running.token()}\r\nConnection: close\r\n"
    for method in ("GET", "CONNECT", "OPTIONS"):
        said = running.raw(f"{method} {target} HTTP/1.1\r\n{login}\r\n".encode("latin-1"), 1.0)
        assert said == b"" or said.split()[1] in {b"400", b"405"}, said
    assert running.stub.seen == []
