"""Where a workload gets to, in every mode and on every engine, with the clients people use.

The internet is one of the tests' own (internet.py): names and public addresses lead to inert servers on this machine.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from live import internet
from support import Catalyst

HERE = Path(__file__).parent
EVERYTHING = {"urllib", "requests", "httpx", "aiohttp", "huggingface_hub", "curl", "git", "pip"}
IN_THE_IMAGE = EVERYTHING - {"curl", "git"}
# huggingface_hub tries five times by itself and waits longer each time, 23 s in all, so it is not asked for what is refused.
IMPATIENT = sorted(EVERYTHING - {"huggingface_hub"})
ENOUGH = 10.0  # seconds; what is refused is refused long before a client's time-out of 20


def ask(
    catalyst: Catalyst, net: Path, python: Path, url: str, *words: str, only: Sequence[str] = (), **env: str
) -> dict[str, dict[str, Any]]:
    """What each client got from `url`, run in the sandbox in that internet."""
    place = catalyst.data / "input"
    place.mkdir(parents=True, exist_ok=True)
    os.chown(place, 1000, 1000)
    (place / "clients.py").write_text((HERE / "clients.py").read_text())
    script = 'cat > /tmp/ca.pem && mkdir /tmp/w && exec python /data/input/clients.py /tmp/ca.pem "$0" /tmp/w "$@"'
    inner = catalyst.argv("run", f"--python={python}", *words, "--", "sh", "-c", script, url, *only)
    # The CA is made in that internet, so it travels by standard input.
    shell = f'exec "$@" < {net}/ca.pem'
    done = subprocess.run(internet.argv(net, ["sh", "-c", shell, "sh", *inner]), env=catalyst.env(**env),
                          capture_output=True, text=True, timeout=300)  # fmt: skip
    answers = {one.pop("client"): one for one in map(json.loads, done.stdout.splitlines())}
    assert answers, done.stderr
    return answers


def expected(catalyst: Catalyst, among: Iterable[str] = EVERYTHING) -> set[str]:
    return set(among) & (EVERYTHING if catalyst.engine == "bwrap" else IN_THE_IMAGE)


def requests_for(net: Path, host: str) -> list[str]:
    return [line for line in (net / "seen").read_text().splitlines() if line.split()[1].partition(":")[0] == host]


def failed_at_once(answers: dict[str, dict[str, Any]]) -> None:
    slow = {name: one for name, one in answers.items() if one["seconds"] > ENOUGH}
    assert slow == {}


@pytest.mark.parametrize(("mode", "host"), [("restricted", "huggingface.co"), ("public", "evil.example.net")])
@pytest.mark.parametrize("level", ["normal", "maximum"])
def test_every_client_reaches_what_is_allowed(
    catalyst: Catalyst, net: Path, clients: Path, level: str, mode: str, host: str
) -> None:
    answers = ask(catalyst, net, clients, f"https://{host}/x", SECURITY_LEVEL=level, NETWORK_MODE=mode)
    got = {name for name, one in answers.items() if "got" in one}
    assert got == expected(catalyst), answers
    assert answers["urllib"]["got"] == f"{host}/x"


@pytest.mark.parametrize("mode", ["restricted", "isolated"])
def test_the_rest_fails_at_once(catalyst: Catalyst, net: Path, clients: Path, mode: str) -> None:
    evil = "https://evil.example.net/x"
    answers = ask(catalyst, net, clients, evil, only=IMPATIENT, SECURITY_LEVEL="high", NETWORK_MODE=mode)
    assert {name for name, one in answers.items() if "error" in one} == expected(catalyst, IMPATIENT), answers
    assert requests_for(net, "evil.example.net") == []
    failed_at_once(answers)


@pytest.mark.parametrize("address", ["93.184.216.66", "169.254.169.254", "127.0.0.1", "10.11.12.13"])
@pytest.mark.parametrize("mode", ["restricted", "isolated"])
def test_an_address_instead_of_a_name(catalyst: Catalyst, net: Path, clients: Path, mode: str, address: str) -> None:
    url = f"http://{address}/x"
    answers = ask(catalyst, net, clients, url, only=IMPATIENT, SECURITY_LEVEL="high", NETWORK_MODE=mode)
    assert {name for name, one in answers.items() if "error" in one} == expected(catalyst, IMPATIENT), answers
    assert (net / "seen").read_text() == ""
    failed_at_once(answers)


@pytest.mark.parametrize("name", ["rebound.example.net", "private.example.net"])
def test_a_name_that_leads_where_nobody_may_go(catalyst: Catalyst, net: Path, clients: Path, name: str) -> None:
    """Allowed by name all the same: what it resolves to is looked at."""
    words = ("--egress-allow", f"{name}:80")
    for mode, more in (("public", ()), ("restricted", words)):
        env = {"SECURITY_LEVEL": "high", "NETWORK_MODE": mode}
        answers = ask(catalyst, net, clients, f"http://{name}/x", *more, only=IMPATIENT, **env)
        assert {client for client, one in answers.items() if "error" in one} == expected(catalyst, IMPATIENT), answers
    assert (net / "seen").read_text() == ""


@pytest.mark.parametrize("name", ["private.example.net"])
def test_the_owners_own_network_at_normal(catalyst: Catalyst, net: Path, clients: Path, name: str) -> None:
    answers = ask(catalyst, net, clients, f"http://{name}/x", only=["requests"], NETWORK_MODE="public")
    assert answers["requests"].get("got") == f"{name}/x", answers


def test_metadata_is_refused_in_public_at_every_level(catalyst: Catalyst, net: Path, clients: Path) -> None:
    answers = ask(catalyst, net, clients, "http://169.254.169.254/latest", only=IMPATIENT, NETWORK_MODE="public")
    assert {name for name, one in answers.items() if "error" in one} == expected(catalyst, IMPATIENT), answers
    assert (net / "seen").read_text() == ""


def test_the_control_without_a_sandbox_every_client_reaches_all_of_it(net: Path, clients: Path) -> None:
    """Else the refusals above would prove nothing."""
    for url in ("https://evil.example.net/x", "http://169.254.169.254/x", "http://10.11.12.13/x"):
        script = f"exec {clients} {HERE}/clients.py {net}/ca.pem {url} {net} urllib requests curl"
        done = subprocess.run(internet.argv(net, ["sh", "-c", script]), capture_output=True, text=True, timeout=300,
                              env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"})  # fmt: skip
        answers = {one.pop("client"): one for one in map(json.loads, done.stdout.splitlines())}
        assert {name for name, one in answers.items() if "got" in one} >= {"urllib", "requests", "curl"}, (url, answers)
