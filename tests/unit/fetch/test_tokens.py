"""Tokens for the downloader's broker: lent before the workload's has them, and named where a site wants one."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from catalyst.fetcher import web
from catalyst.fetcher.failed import Failed
from catalyst.instance import login, tokens
from catalyst.instance.tokens import Tokens
from catalyst.secret import Secret
from catalyst.settings import Settings, load
from catalyst.vault.reading import receive
from fetching import fetch, item, models, site
from vaults import no_prompt

VALUE = "hf_canary_unit_0123456789"
HOST = "huggingface.co"


@pytest.fixture(autouse=True)
def _dumpable() -> Iterator[None]:
    """These tests' own process stays as it is."""
    with mock.patch.object(tokens, "prctl"):
        yield


def settings(mode: str = "restricted") -> Settings:
    return load({"network_mode": mode}, environ={})


def received(pipes: list[int]) -> list[tuple[str, str]]:
    """What comes through."""
    found = [(one.name, one.value.reveal()) for pipe in pipes for one in receive(pipe)]
    for pipe in pipes:
        os.close(pipe)
    return found


def test_lent_and_then_handed_over() -> None:
    held = Tokens(settings(), {"HF_TOKEN": Secret(VALUE)}, no_prompt)
    with held.lent() as one:
        assert one.wanted
        assert received(one.hand_over()) == [("HF_TOKEN", VALUE)]
        assert one.hand_over() == []
    assert held.wanted
    assert received(held.hand_over()) == [("HF_TOKEN", VALUE)]
    assert held.hand_over() == []


def test_those_that_no_downloader_came_for_are_closed() -> None:
    """Front would keep their pipe, with the values in it, for as long as it lives."""
    mine, lent = (os.memfd_create(name) for name in ("mine", "lent"))
    held = Tokens(settings(), {}, no_prompt, [mine], [lent])
    held.lend_no_more()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(lent)
    assert held.hand_over() == [mine], "the workload's broker has its own"
    os.close(mine)


def test_in_isolated_they_are_lent_and_nothing_is_left() -> None:
    held = Tokens(settings("isolated"), {"HF_TOKEN": Secret(VALUE)}, no_prompt)
    assert not held.wanted
    with held.lent() as one:
        assert received(one.hand_over()) == [("HF_TOKEN", VALUE)]
    assert held.hand_over() == []


def test_pipes_of_somebody_else_are_for_one_broker_each() -> None:
    """And those that nobody read are closed: a pipe keeps what was written to it."""
    own, lent = os.pipe(), os.pipe()
    held = Tokens(settings(), {}, no_prompt, [own[0]], [lent[0]])
    with held.lent():
        pass
    with pytest.raises(BrokenPipeError):
        os.write(lent[1], b"x")
    with held.lent() as none:
        assert none.hand_over() == []
    assert held.hand_over() == [own[0]]
    for number in (*own, lent[1]):
        os.close(number)


def held(name: str, *hosts: str, used: float = 0) -> Mapping[str, Any]:
    return {"name": name, "hosts": list(hosts), "used": used}


@pytest.mark.parametrize(("host", "broker", "said"), [
    (HOST, [], f"no token for {HOST} was shown: accept the licence"),
    (HOST, [], f"then: catalyst vault set HF_TOKEN --host {HOST}"),
    ("civitai.com", [held("HF_TOKEN", HOST, used=1)], "catalyst vault set CIVITAI_TOKEN --host civitai.com"),
    (HOST, [held("MINE", "a.example", HOST, used=1)], "token MINE was shown"),
    (HOST, [held("MINE", "a.example", HOST, used=1)], f"catalyst vault set MINE --host a.example --host {HOST}"),
    (HOST, [held("MINE", HOST)], f"token MINE is for {HOST} and was not shown"),
    (HOST, [held("MINE")], f"token MINE was not shown, because it names no host: catalyst vault set MINE --host {HOST}"),
])  # fmt: skip
def test_what_is_said_of_them(host: str, broker: list[Mapping[str, Any]], said: str) -> None:
    assert said in login.hint(host, broker)


@pytest.mark.parametrize("host", ["", None, 7, "us.aws.cdn.hf.co", f"{HOST}.evil.example", ["x"]])
def test_of_another_host_nothing_is_said(host: object) -> None:
    """A network that refuses a link of its site's wants no token; and the downloader could name anything."""
    assert login.hint(host, [held("HF_TOKEN", HOST)]) == ""


@pytest.mark.parametrize("status", [401, 403])
def test_the_downloader_says_who_wants_to_know(status: int) -> None:
    with site() as found:
        found.behave = lambda _number, page: page.send(status, b"")
        url = item()["url"]
        with pytest.raises(Failed) as failed, web.get(found.url + url, found.url, {}):
            pass
    assert failed.value.login == "127.0.0.1"
    assert not failed.value.again


def test_it_reaches_the_report(tmp_path: Path) -> None:
    """Through the downloader's own process; what it says of the host is looked up, not repeated."""
    with site() as found, mock.patch.dict(login.NAMES, {"127.0.0.1": "HF_TOKEN"}):
        found.behave = lambda _number, page: page.send(401, b"")
        done = fetch(found.url, tmp_path, ["hf:o/r/m.safetensors"])
    assert [one.hint.partition(":")[0] for one in done.outcomes] == ["no token for 127.0.0.1 was shown"]
    assert models(tmp_path) == {}
