"""Tokens and a whole instance: how they get to the broker, who else could have them, and what a broker that dies loses."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalyst.instance.store import Store
from catalyst.instance.way_out import control_path
from catalyst.secret import Secret
from catalyst.services.broker import client
from catalyst.services.broker.tokens.echo import forms
from catalyst.vault import identity, vault
from catalyst.vault.identity import Unlock
from live.gateway_pages import pages
from support import PATIENCE, Catalyst, Running, descendants, status, wait_for, with_argument
from vaults import ask, fresh, new

SECRET = "hf_canary_up_0123456789abcdef"
BROKER = "catalyst.services.broker"


@pytest.fixture
def opened(tmp_path: Path) -> str:
    path, key = fresh(tmp_path / "vault")
    vault.put(path, key, [new("HF_TOKEN", SECRET, "huggingface.co", "civitai.com")], ask)
    return path


def broker_of(running: Running) -> int:
    return next(pid for pid in descendants(running.process.pid) if BROKER in cmdline(pid))


def cmdline(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def tokens_of(catalyst: Catalyst) -> list[dict[str, object]]:
    """What the broker says that it holds, to its owner."""
    with control_path(Store(str(catalyst.data)).session) as path:
        return list(client.listed(path)["tokens"])


def may_lock_all() -> bool:
    """May this process raise the limit on locked memory? Containers are often refused CAP_SYS_RESOURCE."""
    code = "import resource as r; r.setrlimit(r.RLIMIT_MEMLOCK, (r.RLIM_INFINITY, r.RLIM_INFINITY))"
    return subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL).returncode == 0


def everything_of(pid: int) -> bytes:
    """What /proc shows of a process but its memory."""
    found = b""
    for name in ("cmdline", "environ"):
        found += Path(f"/proc/{pid}/{name}").read_bytes()
    return found


def test_only_the_broker_has_it(catalyst: Catalyst, opened: str) -> None:
    with catalyst.up(NETWORK_MODE="restricted", SECURITY_TOKEN_VAULT_PATH=opened) as running:
        assert [one["name"] for one in tokens_of(catalyst)] == ["HF_TOKEN"]
        assert SECRET not in json.dumps(tokens_of(catalyst))
        broker = broker_of(running)
        found = status(broker)
        limits = Path(f"/proc/{broker}/limits").read_text()
        below = [running.process.pid, *descendants(running.process.pid)]
        assert not any(SECRET.encode() in everything_of(pid) for pid in below)
        assert Path(f"/proc/{broker}/mem").stat().st_uid == 0
        if os.geteuid() == 0:
            assert found["Uid"].split()[0] not in {"0", "1000"}
            assert (int(found["VmLck"].split()[0]) > 0) == may_lock_all()
        assert next(line.split()[4] for line in limits.splitlines() if line.startswith("Max core")) == "0"
        files = [path for path in Store(str(catalyst.data)).session.rglob("*") if path.is_file()]
        assert len(files) > 4
        assert not any(one in path.read_bytes() for path in files for one in (SECRET.encode(), b"PRIVATE KEY"))
        answers = pages(int(running.url.rpartition(":")[2].strip("/")), running.token)
        assert sum(one.startswith("HTTP/1.1 200") for one in answers) >= 20
        assert [one for one in answers if any(form in one.encode() for form in forms(SECRET))] == []


def test_of_the_environment_it_is_gone_from_there(catalyst: Catalyst) -> None:
    names = ("HUGGINGFACE_TOKEN", "HF_TOKEN", "CIVITAI_TOKEN", "CIVITAI_API_KEY")
    with catalyst.up(NETWORK_MODE="restricted", **dict.fromkeys(names, SECRET)) as running:
        assert {str(one["name"]) for one in tokens_of(catalyst)} == set(names)
        below = [running.process.pid, *descendants(running.process.pid)]
        assert len(below) > 3
        assert not any(SECRET.encode() in everything_of(pid) for pid in below)
        running.process.terminate()
        _, said = running.process.communicate(timeout=PATIENCE)
    assert "HF_TOKEN" in said
    assert SECRET not in said


def test_in_isolated_mode_there_is_no_broker_and_it_goes_all_the_same(catalyst: Catalyst) -> None:
    with catalyst.up(NETWORK_MODE="isolated", HF_TOKEN=SECRET) as running:
        below = [running.process.pid, *descendants(running.process.pid)]
        assert not any(SECRET.encode() in everything_of(pid) for pid in below)
        assert not any(BROKER in cmdline(pid) for pid in below)


def test_a_broker_that_dies_has_them_again(catalyst: Catalyst, opened: str) -> None:
    with catalyst.up(NETWORK_MODE="restricted", SECURITY_TOKEN_VAULT_PATH=opened) as running:
        bundle = Store(str(catalyst.data)).session / "trust.pem"
        before, first = bundle.read_text(), broker_of(running)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: bundle.read_text() != before and _held(catalyst) == ["HF_TOKEN"], "another broker with the token")
        assert bundle.read_text().count("BEGIN CERTIFICATE") == before.count("BEGIN CERTIFICATE")


def _held(catalyst: Catalyst) -> list[object]:
    try:
        return [one["name"] for one in tokens_of(catalyst)]
    except Exception:  # between two brokers
        return []


def test_what_came_by_the_environment_is_gone_with_the_broker_and_said(catalyst: Catalyst) -> None:
    with catalyst.up(NETWORK_MODE="restricted", HF_TOKEN=SECRET) as running:
        first = broker_of(running)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: [one for one in descendants(running.process.pid) if one != first and BROKER in cmdline(one)],
            "another broker")  # fmt: skip
        wait_for(lambda: _listed(catalyst), "its answer")
        assert tokens_of(catalyst) == []
        running.process.terminate()
        _, said = running.process.communicate(timeout=PATIENCE)
    assert "start again to have them" in said


def _listed(catalyst: Catalyst) -> bool:
    try:
        tokens_of(catalyst)
    except Exception:  # not yet
        return False
    return True


@pytest.fixture
def sealed(tmp_path: Path) -> str:
    """A vault whose identity has a passphrase."""
    folder = tmp_path / "vault"
    folder.mkdir(mode=0o700)
    path = str(folder / "vault.age")
    vault.create(path, [], Secret("correct horse battery"), ask)
    found = unlock_with(path)
    vault.put(path, found, [new("HF_TOKEN", SECRET, "huggingface.co")], ask)
    return path


def unlock_with(path: str) -> Unlock:
    return identity.find(path, "", "", lambda _: Secret("correct horse battery"))


@pytest.fixture
def detached(catalyst: Catalyst) -> Iterator[Catalyst]:
    yield catalyst
    catalyst("down")


@pytest.mark.parametrize("word", ["correct horse battery", "wrong"])
def test_detached_by_a_passphrase(detached: Catalyst, sealed: str, word: str) -> None:
    """The one that stays has no terminal: the vault is opened by the one that goes."""
    read, write = os.pipe()
    os.write(write, word.encode() + b"\n")
    os.close(write)
    argv = detached.argv("up", "--app=canary", "--port=0", "--detach", f"--passphrase-fd={read}")
    env = detached.env(NETWORK_MODE="restricted", SECURITY_TOKEN_VAULT_PATH=sealed)
    done = subprocess.run(argv, env=env, pass_fds=[read], capture_output=True, text=True, timeout=2 * PATIENCE)
    os.close(read)
    if word == "wrong":
        assert done.returncode != 0
        assert "the vault stays closed" in done.stderr or "passphrase" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    assert [one["name"] for one in tokens_of(detached)] == ["HF_TOKEN"]
    assert SECRET not in done.stdout + done.stderr


def test_detached_with_tokens_of_the_environment(detached: Catalyst) -> None:
    done = detached("up", "--app=canary", "--port=0", "--detach", NETWORK_MODE="restricted", HF_TOKEN=SECRET)
    assert done.returncode == 0, done.stderr
    assert [one["name"] for one in tokens_of(detached)] == ["HF_TOKEN"]
    assert not any(SECRET.encode() in everything_of(pid) for pid in with_argument(str(detached.data)))


def test_without_what_opens_the_vault_nothing_starts(catalyst: Catalyst, sealed: str) -> None:
    done = catalyst("up", "--app=canary", "--port=0", NETWORK_MODE="restricted", SECURITY_TOKEN_VAULT_PATH=sealed)
    assert done.returncode == 2
    assert "terminal" in done.stderr
    missing = catalyst("run", "--", "true", NETWORK_MODE="restricted", SECURITY_TOKEN_VAULT_PATH=f"{sealed}.not")
    assert missing.returncode == 1
    assert "there is no vault" in missing.stderr


def test_an_identity_by_descriptor(catalyst: Catalyst, opened: str) -> None:
    with Path(f"{opened}.key").open("rb") as key:
        argv = catalyst.argv("run", f"--vault-identity=fd:{key.fileno()}", "--", "sh", "-c", "echo $HF_ENDPOINT")
        env = catalyst.env(NETWORK_MODE="restricted", SECURITY_TOKEN_VAULT_PATH=opened)
        done = subprocess.run(argv, env=env, pass_fds=[key.fileno()], capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout == "http://hub.catalyst.internal\n", done.stderr


def test_an_identity_of_systemds(catalyst: Catalyst, opened: str, tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir(mode=0o700)
    Path(f"{opened}.key").rename(credentials / "catalyst-vault-identity")
    (credentials / "catalyst-vault-identity").chmod(0o400)
    done = catalyst.run("true", NETWORK_MODE="restricted", SECURITY_TOKEN_VAULT_PATH=opened,
        CREDENTIALS_DIRECTORY=str(credentials))  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_placeholders_only_where_they_are_asked_for(catalyst: Catalyst, opened: str) -> None:
    show = ("sh", "-c", "echo ${HF_TOKEN:-none} ${HF_HUB_DISABLE_XET:-none}")
    env = {"NETWORK_MODE": "restricted", "SECURITY_TOKEN_VAULT_PATH": opened}
    assert catalyst.run(*show, **env).stdout == "none 1\n"
    assert catalyst.run(*show, **env, CATALYST_TOKEN_PLACEHOLDERS="HF_TOKEN").stdout == "kept-outside-by-catalyst 1\n"
    allowed = catalyst.run(*show, **env, CATALYST_EGRESS_ALLOW="cas-server.xethub.hf.co")
    assert allowed.stdout == "none none\n"
