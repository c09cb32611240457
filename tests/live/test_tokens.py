"""A gated model comes in, by the real client, and the token that opened it is nowhere that the workload can look.

The internet is one of the tests' own (internet.py): a hub and a CivitAI that want the token, and that redirect to hosts
which refuse a request with any; a host that says back what it was asked.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from catalyst.vault import vault
from catalyst.vault.files import Folder
from catalyst.vault.used import last_used
from live import internet
from support import Catalyst
from vaults import ask as ask_child
from vaults import fresh, new

HERE = Path(__file__).parent
SECRET = "hf_canary_live_0123456789abcdef"
WHOLE = hashlib.sha256(internet.WEIGHTS).hexdigest()
DOWNLOADS = {"huggingface_hub", "requests", "httpx", "aiohttp", "urllib", "curl", "wget", "the system's bundle"}
OF_HOSTS = ("huggingface.co", "civitai.com", "echo.example.net")


@pytest.fixture
def opened(tmp_path: Path) -> str:
    """A vault with the token, beside the data directory."""
    path, unlock = fresh(tmp_path / "vault")
    vault.put(path, unlock, [new("HF_TOKEN", SECRET, *OF_HOSTS)], ask_child)
    return path


def use(catalyst: Catalyst, net: Path, python: Path, *words: str, **env: str) -> dict[str, Any]:
    """What each client got in the sandbox, and what the search found; with the word "plant" it has something to find."""
    (net / "token").write_text(SECRET)
    place = catalyst.data / "input"
    place.mkdir(parents=True, exist_ok=True)
    os.chown(place, 1000, 1000)
    for name in ("token_clients.py", "token_search.py"):
        (place / name).write_text((HERE / name).read_text())
    inner = catalyst.argv("run", f"--python={python}", f"--extra-roots={net}/ca.pem",
        "--egress-allow=echo.example.net owner.example.net",
        "--", "python", "/data/input/token_clients.py", *words)  # fmt: skip
    done = subprocess.run(internet.argv(net, inner), env=catalyst.env(**env), capture_output=True, text=True, timeout=400,
        input=SECRET.encode().hex()[::-1])  # fmt: skip
    answers = {one.pop("client"): one for one in map(json.loads, done.stdout.splitlines())}
    assert answers, done.stderr
    assert SECRET not in done.stdout + done.stderr
    return answers


def credentials(net: Path) -> list[Sequence[str]]:
    """Host and credential of each request that had one."""
    lines = [line.split(" ", 3) for line in (net / "credentials").read_text().splitlines()]
    return [(host, rest) for _, host, _, rest in lines]


def used_well(answers: dict[str, Any], net: Path) -> None:
    """Every client that is there has the model whole; nobody but the token's hosts has seen it."""
    there = {name for name in DOWNLOADS if answers[name].get("got") != "absent"}
    assert there >= {"huggingface_hub", "requests", "urllib", "the system's bundle"}
    assert {name: answers[name] for name in there if answers[name].get("got") != WHOLE} == {}
    assert {host for host, said in credentials(net) if SECRET in said} == set(OF_HOSTS)
    assert [said for host, said in credentials(net) if host in OF_HOSTS and SECRET not in said] == []


def found_nowhere(answers: dict[str, Any]) -> None:
    """And the search had something to look at."""
    looked = answers["search"]["looked"]
    assert answers["search"]["hits"] == []
    assert looked["memory"] > 20
    assert looked["files"] > 20
    assert looked["environ"] > 0
    assert looked["broker"] > 10


@pytest.mark.parametrize("mode", ["restricted", "public"])
@pytest.mark.parametrize("level", ["normal", "maximum"])
def test_used_by_every_client_and_found_nowhere(
    catalyst: Catalyst, net: Path, clients: Path, opened: str, level: str, mode: str
) -> None:
    env = {"SECURITY_TOKEN_VAULT_PATH": opened, "SECURITY_LEVEL": level, "NETWORK_MODE": mode}
    answers = use(catalyst, net, clients, **env)
    used_well(answers, net)
    found_nowhere(answers)
    assert "IncompleteRead" in answers["echo"]["error"]
    with Folder(opened) as folder:
        assert set(last_used(folder)) == {"HF_TOKEN"}
    assert answers["elsewhere"]["got"] == "owner.example.net/x"
    assert "own" in {said.partition("=")[2] for host, said in credentials(net) if host == "owner.example.net"}


def test_of_the_environment_too(catalyst: Catalyst, net: Path, clients: Path) -> None:
    env = {"HF_TOKEN": SECRET, "CIVITAI_API_KEY": SECRET, "NETWORK_MODE": "restricted"}
    answers = use(catalyst, net, clients, **env)
    assert answers["huggingface_hub"]["got"] == WHOLE
    assert answers["requests"]["got"] == WHOLE
    found_nowhere(answers)


def test_the_control_what_is_planted_is_found(catalyst: Catalyst, net: Path, clients: Path, opened: str) -> None:
    answers = use(catalyst, net, clients, "plant", SECURITY_TOKEN_VAULT_PATH=opened, NETWORK_MODE="public")
    hits = answers["search"]["hits"]
    assert "/tmp/planted" in hits
    assert [one for one in hits if one.endswith("/environ")]
    assert [one for one in hits if one.endswith("/mem")]


def test_the_control_a_token_for_another_host_opens_nothing(
    catalyst: Catalyst, net: Path, clients: Path, tmp_path: Path
) -> None:
    path, unlock = fresh(tmp_path / "vault")
    vault.put(path, unlock, [new("HF_TOKEN", SECRET, "echo.example.net")], ask_child)
    answers = use(catalyst, net, clients, SECURITY_TOKEN_VAULT_PATH=path, NETWORK_MODE="restricted")
    assert "GatedRepoError" in answers["huggingface_hub"]["error"]
    assert {host for host, said in credentials(net) if SECRET in said} == {"echo.example.net"}
