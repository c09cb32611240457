"""Both directions with the program age: a vault needs nothing of ours to be opened, and ours opens what age wrote."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from catalyst.errors import VaultLocked
from catalyst.secret import Secret
from catalyst.vault import age, vault
from catalyst.vault.document import Document, encode
from catalyst.vault.identity import Unlock
from vaults import VALUE, ask, fresh, new, unlock

pytestmark = pytest.mark.lane("age")
PASSPHRASE = "correct horse battery"


def run(*argv: str, given: bytes = b"") -> bytes:
    return subprocess.run(argv, input=given, capture_output=True, check=True, timeout=60).stdout


def typed(*argv: str, times: int) -> None:
    """A program that asks for a passphrase at the terminal gets one."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(argv[0], argv)
    said = b""
    for _ in range(times):
        while not said.rstrip().endswith(b":"):
            said += os.read(terminal, 1000)
        said = b""
        os.write(terminal, PASSPHRASE.encode() + b"\n")
    try:
        while os.read(terminal, 1000):
            pass
    except OSError:  # EIO: the other end is closed
        pass
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def ssh_key(folder: Path, kind: str) -> tuple[Path, str]:
    file = folder / f"id_{kind}"
    run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", str(file))
    return file, Path(f"{file}.pub").read_text().strip()


def test_age_opens_a_vault_of_ours(tmp_path: Path) -> None:
    path, key = fresh(tmp_path / "v")
    vault.put(path, key, [new("A", VALUE, "a.co")], ask)
    found = json.loads(run("age", "-d", "-i", f"{path}.key", path))
    assert found["tokens"]["A"]["value"] == VALUE
    assert run("age-keygen", "-y", f"{path}.key").decode().strip() == found["recipients"][0]


@pytest.mark.parametrize("armor", [[], ["-a"]], ids=["binary", "armored"])
def test_a_vault_that_age_wrote_for_an_identity_of_age_keygen(tmp_path: Path, armor: list[str]) -> None:
    tmp_path.chmod(0o700)
    path = tmp_path / "vault.age"
    run("age-keygen", "-o", f"{path}.key")
    public = run("age-keygen", "-y", f"{path}.key").decode().strip()
    run("age", *armor, "-r", public, "-o", str(path), given=encode(Document(1, (public,))))
    path.chmod(0o600)
    assert vault.put(str(path), unlock(str(path)), [new("A")], ask).generation == 2


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_ssh_keys(tmp_path: Path, kind: str) -> None:
    path, key = fresh(tmp_path / "v")
    private, public = ssh_key(tmp_path, kind)
    vault.recipients(path, key, [public], [], ask)
    vault.put(path, unlock(path, str(private)), [new("A")], ask)  # ours, by the ssh key
    assert VALUE.encode() in run("age", "-d", "-i", str(private), path)  # age's, by the ssh key
    theirs = run("age", "-R", f"{private}.pub", given=b"text")
    assert age.decrypt(theirs, age.identities(private.read_bytes())) == b"text"


def test_an_ssh_key_with_a_passphrase_is_refused_with_a_way_out(tmp_path: Path) -> None:
    private, public = ssh_key(tmp_path, "ed25519")
    run("ssh-keygen", "-q", "-p", "-P", "", "-N", PASSPHRASE, "-f", str(private))
    path, key = fresh(tmp_path / "v")
    vault.recipients(path, key, [public], [], ask)
    with pytest.raises(VaultLocked, match="has a passphrase") as caught:
        vault.contents(path, unlock(path, str(private)), ask)
    assert "recipients --add" in caught.value.hint


def test_an_identity_sealed_with_a_passphrase(tmp_path: Path) -> None:
    """Ours opened by age at a terminal, and one that age sealed opened by us."""
    (tmp_path / "v").mkdir(mode=0o700)
    path = tmp_path / "v/vault.age"
    vault.create(str(path), [], Secret(PASSPHRASE), ask)
    typed("age", "-d", "-o", str(tmp_path / "plain"), "-i", f"{path}.key.age", str(path), times=1)
    assert json.loads((tmp_path / "plain").read_text())["generation"] == 1

    run("age-keygen", "-o", str(tmp_path / "key"))
    public = run("age-keygen", "-y", str(tmp_path / "key")).decode().strip()
    typed("age", "-p", "-o", str(tmp_path / "key.age"), str(tmp_path / "key"), times=2)
    whole = age.encrypt(encode(Document(1, (public,))), [public])
    found = ask(vault.listing(whole, Unlock((tmp_path / "key.age").read_bytes(), Secret(PASSPHRASE), "x")))
    assert found["summary"]["recipients"] == [public]


def test_a_vault_that_is_encrypted_to_a_passphrase_itself_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"text")
    typed("age", "-p", "-o", str(tmp_path / "vault.age"), str(tmp_path / "text"), times=2)
    with pytest.raises(VaultLocked, match="passphrase alone"):
        age.decrypt((tmp_path / "vault.age").read_bytes(), age.identities(age.generate()[0].encode()))
