"""The document inside, and what a token may be."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.errors import CatalystError, TokenRefused, VaultDamaged
from catalyst.vault import document
from catalyst.vault.document import Document, Token, decode, encode

VALUE = "hf_canaryCANARYcanary"
TIME = "2026-11-24T18:00:00Z"


def make(name: str = "HF_TOKEN", value: str = VALUE, hosts: tuple[str, ...] = ("huggingface.co",),
         paths: tuple[str, ...] = ()) -> Token:  # fmt: skip
    return document.token(name, value, hosts, paths, TIME)


def test_there_and_back() -> None:
    whole = Document(3, ("age1x",), (make(), make("B", paths=("/api/models", "/x/"))))
    assert decode(encode(whole)) == whole


def test_a_token_goes_nowhere_unless_somebody_says_where() -> None:
    assert make(hosts=()).hosts == ()


def test_the_default_port_is_left_out() -> None:
    assert make(hosts=("HuggingFace.co:443", "localhost:8080")).hosts == ("huggingface.co", "localhost:8080")


@pytest.mark.parametrize("host", [
    "*", "*.huggingface.co", ".co", "a..b", "-a.co", "a-.co", "http://a.co", "a.co/", "a.co/x", "a b", "1.2.3.4",
    "[::1]", "::1",
    "a.co:", "a.co:0", "a.co:x", "a.co:123456", "ä.co", "", "a.co\n", "user@a.co", "a" * 64 + ".co", "a." * 130 + "co",
])  # fmt: skip
def test_hosts_that_are_not_exact(host: str) -> None:
    with pytest.raises(TokenRefused):
        make(hosts=(host,))


@pytest.mark.parametrize("value", ["", "short", "with space in", "line\nHost: evil", "tab\tbed12", "é" * 10,
                                   "a" * 4097, "nul\0nul12"])
def test_values_that_would_break_a_header(value: str) -> None:
    with pytest.raises(TokenRefused) as caught:
        make(value=value)
    assert not value.strip() or value not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize("path", ["", "api", "//x", "/a//b", "/a/../b", "/a/.", "/%2e%2e/", "/x?y", "/x#y", "/\\x",
                                  "/" + "a" * 300])
def test_paths_that_are_no_prefix(path: str) -> None:
    with pytest.raises(TokenRefused):
        make(paths=(path,))


@pytest.mark.parametrize("name", ["", "-x", "a/b", "a b", "../x", "x" * 65, "ü", "a\n", "hf_" + "a" * 34, "ghp_" + "b" * 36])
def test_names(name: str) -> None:
    with pytest.raises(TokenRefused) as caught:
        document.checked_name(name)
    assert len(name) < 8 or name not in str(caught.value) + caught.value.hint


def test_a_new_value_has_a_new_creation_time_and_the_same_one_keeps_it() -> None:
    old = Document(1, ("r",), (make(),))
    later = document.token("HF_TOKEN", VALUE, ("a.co",), (), "2027-01-01T00:00:00Z")
    assert document.with_token(old, later).tokens[0].created == TIME
    fresh = document.token("HF_TOKEN", VALUE + "2", (), (), "2027-01-01T00:00:00Z")
    assert document.with_token(old, fresh).tokens[0].created == "2027-01-01T00:00:00Z"


def test_taking_out_what_is_not_there() -> None:
    with pytest.raises(TokenRefused):
        document.without_token(Document(1, ("r",)), "HF_TOKEN")


def raw(**changes: Any) -> bytes:
    whole = json.loads(encode(Document(1, ("age1x",), (make(),))))
    return json.dumps(whole | changes).encode()


def changed(**fields: Any) -> bytes:
    one = json.loads(encode(Document(1, ("age1x",), (make(),))))["tokens"]["HF_TOKEN"]
    return raw(tokens={"HF_TOKEN": one | fields})


DAMAGED = {
    "no JSON": b'{"value": "' + VALUE.encode(), "a list": b"[]", "another version": raw(version=2),
    "version true": raw(version=True),
    "an unknown key": raw(more=1), "no recipients": b'{"version":1,"generation":1,"tokens":{}}',
    "generation 0": raw(generation=0),
    "a name twice": raw().replace(b'"tokens": {', b'"tokens": {"HF_TOKEN": 1, '),
    "a bad name": raw(tokens={VALUE + "/": {}}),
    "a wildcard": changed(hosts=["*"]), "a POST": changed(methods=["POST"]), "no method": changed(methods=[]),
    "a value with a line end": changed(value=VALUE + "\nX: y"), "a host that is no text": changed(hosts=[1]),
    "an unknown field": changed(secret=VALUE), "a time that is none": changed(created=VALUE), "deep": b"[" * 100_000,
    "not UTF-8": b"\xff\xfe" + VALUE.encode(),
}  # fmt: skip


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_damage_is_named_and_not_quoted(text: bytes) -> None:
    with pytest.raises(VaultDamaged) as caught:
        decode(text)
    error: BaseException | None = caught.value
    while error is not None:  # neither the error nor what it hides
        assert VALUE not in f"{error!r} {vars(error)}"
        error = error.__cause__


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner)
                    | st.dictionaries(st.text(), inner)))
def test_any_json_is_a_document_or_damaged(value: object) -> None:
    with pytest.raises(CatalystError):
        decode(json.dumps(value).encode())
