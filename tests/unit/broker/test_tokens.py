"""Which token goes with which request, what is taken off a request, and how a token can be written."""

import base64
import json
from collections.abc import Iterator
from urllib.parse import unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.secret import Secret
from catalyst.services.broker.head import BadHead, parse_head
from catalyst.services.broker.plain import BadAnswer
from catalyst.services.broker.tokens import clean
from catalyst.services.broker.tokens.choose import token_for
from catalyst.services.broker.tokens.echo import Echoed, Watch, forms
from catalyst.services.broker.tokens.stream import Stream
from catalyst.vault.document import METHODS, Token
from catalyst.vault.reading import Place

HUB, CIVITAI = "huggingface.co", "civitai.com"
VALUE = "hf_canary0123456789"


def token(*hosts: str, name: str = "HF_TOKEN", paths: tuple[str, ...] = ("/",)) -> Token:
    return Token(name, Secret(VALUE), hosts, METHODS, paths)


def goes(one: Token, host: str, path: str, method: str = "GET", port: int = 443, *, xet: bool = False) -> bool:
    return token_for([one], Place(host, port, method, path), xet=xet) is not None


@pytest.mark.parametrize(
    "path",
    ["/owner/model/resolve/main/model.safetensors", "/owner/model/resolve/refs%2Fpr%2F1/a%20b.bin",
     "/gpt2/resolve/main/config.json",
     "/datasets/owner/name/resolve/main/x", "/owner/model/raw/main/README.md", "/api/models/owner/model", "/api/models/gpt2",
     "/api/models/owner/model/revision/main", "/api/models/owner/model/tree/main/folder", "/api/models",
     "/api/datasets/o/n/refs",
     "/o/n/resolve/main/settings/login/jwt", "/api/resolve-cache/models/owner/model/0123/config.json"],
)  # fmt: skip
@pytest.mark.parametrize("method", METHODS)
def test_reading_a_model_of_the_hub(path: str, method: str) -> None:
    assert goes(token(HUB), HUB, path, method)


@pytest.mark.parametrize(
    "path",
    ["/api/whoami-v2", "/settings/tokens", "/oauth/authorize", "/api/settings/x", "/api/spaces/o/n/jwt", "/api/spaces/o/n",
     "/api/models/o/n/xet-write-token/main", "/api/models/o/n/xet-read-token/main", "/api/models/o/xet-write-token/x",
     "/api/models/xet-write-token/main", "/api/models/o/n/xet%2Dwrite%2Dtoken/main",
     "/api/models/o/n/tree/xet-write-token/main",
     "/api/organizations/o", "/", "/owner/model", "/settings/n/resolve/x", "/api/models/o/n/user-access-request/list",
     "/o/n/resolve/../../api/whoami-v2", "/o/n/resolve/%2e%2e/x", "/api/users/notifications", "/login"],
)  # fmt: skip
def test_nothing_else_there(path: str) -> None:
    assert not goes(token(HUB), HUB, path)


def test_a_token_of_xets_only_by_the_owners_word_and_for_writing_never() -> None:
    read, write = "/api/models/o/n/xet-read-token/main", "/api/models/o/n/xet-write-token/main"
    everything = token(HUB, paths=("/api",))
    assert goes(token(HUB), HUB, read, xet=True)
    assert goes(everything, HUB, read, xet=True)
    assert not goes(everything, HUB, read)
    assert not goes(everything, HUB, write, xet=True)
    assert not goes(token(HUB), HUB, write, xet=True)


@pytest.mark.parametrize(
    ("path", "expected"), [("/api/download/models/1", True), ("/api/v1/models", True), ("/api/v1/me", False),
                           ("/api/v1/model-versions/7", True), ("/user/account", False)])  # fmt: skip
def test_civitai(path: str, expected: bool) -> None:
    assert goes(token(CIVITAI), CIVITAI, path) == expected


def test_paths_of_the_owners_hold_instead() -> None:
    assert goes(token(HUB, paths=("/api/organizations",)), HUB, "/api/organizations/o")
    assert not goes(token(HUB, paths=("/api/organizations",)), HUB, "/o/n/resolve/main/x")


@pytest.mark.parametrize("host", ["evil.org", "huggingface.co.evil.org", "sub.huggingface.co", "HUGGINGFACE.CO.", ""])
def test_another_host(host: str) -> None:
    assert not goes(token(HUB), host, "/o/n/resolve/main/x")


def test_another_port_and_another_method() -> None:
    assert not goes(token("a.org"), "a.org", "/x", port=80)
    assert not goes(token("a.org"), "a.org", "/x", "POST")
    assert not goes(token("a.org"), "a.org", "/x", "get")
    assert goes(token("a.org:8443"), "a.org", "/x", port=8443)


def test_the_longest_prefix_then_the_first_name() -> None:
    some = [token("a.org", name="C", paths=("/",)), token("a.org", name="B", paths=("/api",)),
            token("a.org", name="A", paths=("/api",))]  # fmt: skip
    found = token_for(some, Place("a.org", 443, "GET", "/api/x"), xet=False)
    assert found is not None
    assert found.name == "A"


def cleaned(*fields: str, target: str = "/", with_token: bool = True) -> str:
    head = parse_head("\r\n".join([f"GET {target} HTTP/1.1", "Host: a.org", *fields, "", ""]).encode())
    return clean.request(head, "a.org", 443, Secret(VALUE) if with_token else None).decode()


def test_what_a_request_looks_like_then() -> None:
    got = cleaned("Range: bytes=5-", "User-Agent: hub/2", "Accept-Encoding: gzip", "X-Odd: 1", target="/a?b=1")
    assert got == ("GET /a?b=1 HTTP/1.1\r\nhost: a.org\r\naccept-encoding: identity\r\nconnection: close\r\n"
                   f"authorization: Bearer {VALUE}\r\nrange: bytes=5-\r\nuser-agent: hub/2\r\n\r\n")  # fmt: skip
    assert "x-odd: 1\r\n" in cleaned("X-Odd: 1", with_token=False)


@pytest.mark.parametrize("name", sorted(one.decode() for one in clean.CREDENTIALS))
@pytest.mark.parametrize("with_token", [True, False])
def test_every_credential_goes(name: str, with_token: bool) -> None:
    assert "thief" not in cleaned(f"{name.title()}: thief", with_token=with_token)


def test_connection_names_no_field_of_ours() -> None:
    with pytest.raises(BadHead):
        cleaned("Connection: host")
    assert f"authorization: Bearer {VALUE}" in cleaned("Connection: authorization, accept-encoding")


@given(st.text(alphabet="abct=&;%+?#26Ton", max_size=40))
def test_a_query_keeps_nothing_called_token(query: str) -> None:
    kept = clean.target(f"/p?{query}").partition("?")[2]
    names = [part.partition("=")[0] for one in kept.split("&") for part in one.split(";")]
    assert not any(unquote_plus(name).strip().lower() in clean.QUERY for name in names)


visible = st.text(alphabet=[chr(one) for one in range(33, 127)], min_size=8, max_size=60)


@given(visible, st.binary(max_size=50), st.binary(max_size=50), st.lists(st.integers(1, 30), max_size=8))
def test_a_stream_never_lets_it_through_however_it_is_cut(value: str, ahead: bytes, behind: bytes, sizes: list[int]) -> None:
    whole, watch, out = ahead + value.encode() + behind, Watch(forms(value)), list[bytes]()

    def carry() -> None:
        at = 0
        for size in [*sizes, len(whole)]:
            out.append(watch.through(whole[at : at + size]))
            at += size

    with pytest.raises(Echoed):
        carry()
    assert whole.startswith(b"".join(out))
    assert len(b"".join(out)) <= len(ahead)


@given(visible, st.binary(max_size=9), st.binary(max_size=9))
def test_in_base64_wherever_it_stands(value: str, ahead: bytes, behind: bytes) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert any(form in encode(ahead + value.encode() + behind) for form in forms(value))


@given(visible)
def test_as_json(value: str) -> None:
    assert any(form in json.dumps([value]).encode() for form in forms(value))


@given(st.binary(max_size=400), st.lists(st.integers(1, 90), max_size=9))
def test_what_is_no_token_comes_through_as_it_was(data: bytes, sizes: list[int]) -> None:
    watch, out, at = Watch(forms(VALUE)), b"", 0
    for size in [*sizes, len(data)]:
        out += watch.through(data[at : at + size])
        at += size
    assert out + watch.rest() == data


class Pieces:
    """A socket that gives so many bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size = data, size

    def recv(self, most: int) -> bytes:
        found, self._data = self._data[: min(most, self._size)], self._data[min(most, self._size) :]
        return found


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.integers(1, 50))
def test_chunks_come_out_as_they_went_in(pieces: list[bytes], size: int) -> None:
    sent = b"".join(b"%X;x=1\r\n%b\r\n" % (len(one), one) for one in pieces) + b"0\r\nX: y\r\n\r\n"
    stream = Stream(Pieces(sent, size))  # type: ignore[arg-type]  # all of a socket that is needed
    assert b"".join(stream.chunked()) == b"".join(pieces)


@pytest.mark.parametrize(
    "text", [b"x\r\n", b"-1\r\n", b"0x1\r\na\r\n", b"1 1\r\n", b"2\r\nabc\r\n", b"1\r\na\n", b"1" * 5000]
)
def test_what_is_no_chunk_is_refused(text: bytes) -> None:
    stream = Stream(Pieces(text + b"0\r\n\r\n", 7))  # type: ignore[arg-type]  # all of a socket that is needed

    def all_of(parts: Iterator[bytes]) -> bytes:
        return b"".join(parts)

    with pytest.raises((BadAnswer, ConnectionResetError)):
        all_of(stream.chunked())
