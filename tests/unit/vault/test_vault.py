"""Make, set, list, remove, rotate; and who may read or have written the files."""

import base64
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

import vaults
from catalyst.errors import (
    CatalystError,
    PathRefused,
    TokenRefused,
    VaultBusy,
    VaultInTheWay,
    VaultLocked,
    VaultMissing,
)
from catalyst.secret import Secret
from catalyst.vault import age, identity, used, vault
from catalyst.vault.files import Folder
from catalyst.vault.identity import Unlock, find
from catalyst.vault.names import CREDENTIAL
from vaults import VALUE, ask, fresh, new, unlock


def test_what_is_put_in_is_listed_without_its_value(tmp_path: Path) -> None:
    path, key = fresh(tmp_path / "v")
    vault.put(path, key, [new("HF_TOKEN", VALUE, "huggingface.co"), new("B")], ask)
    found = vault.contents(path, key, ask)
    assert [(one.name, one.hosts, one.fingerprint) for one in found.entries] == [
        ("B", (), Secret(VALUE).fingerprint()), ("HF_TOKEN", ("huggingface.co",), Secret(VALUE).fingerprint())]  # fmt: skip
    assert VALUE not in repr(found)
    assert found.generation == 2


def test_a_new_value_keeps_the_hosts(tmp_path: Path) -> None:
    path, key = fresh(tmp_path / "v")
    vault.put(path, key, [new("A", VALUE, "a.co")], ask)
    assert vault.put(path, key, [new("A", VALUE + "2")], ask).entries[0].hosts == ("a.co",)


def test_no_file_of_it_holds_a_value_in_the_clear_and_none_is_open_to_others(tmp_path: Path) -> None:
    path, key = fresh(tmp_path / "v")
    for value in (VALUE, VALUE + "2"):
        vault.put(path, key, [new("A", value)], ask)
    files = [*(tmp_path / "v").iterdir()]
    assert {file.name for file in files} == {"vault.age", "vault.age.bak", "vault.age.key", ".vault.age.lock"}
    assert not [file for file in files if VALUE.encode() in file.read_bytes()]
    assert {file.stat().st_mode & 0o7777 for file in files} == {0o600}


def test_the_generation_before_is_kept(tmp_path: Path) -> None:
    path, key = fresh(tmp_path / "v")
    vault.put(path, key, [new("A")], ask)
    vault.remove(path, key, "A", ask)
    before = ask(vault.listing(Path(f"{path}.bak").read_bytes(), key))["summary"]
    assert (before["generation"], [one["name"] for one in before["tokens"]]) == (2, ["A"])


def test_rotation_gives_a_new_identity_that_opens_it_and_the_old_one_does_not(tmp_path: Path) -> None:
    path, old = fresh(tmp_path / "v")
    vault.put(path, old, [new("A")], ask)
    vault.rotate(path, old, ask)
    assert [one.name for one in vault.contents(path, unlock(path), ask).entries] == ["A"]
    with pytest.raises(VaultLocked):
        vault.contents(path, old, ask)


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_rotation_that_is_cut_off_leaves_an_identity_that_opens(tmp_path: Path, after: int) -> None:
    path, old = fresh(tmp_path / "v")
    vault.put(path, old, [new("A")], ask)
    seen = []

    def failing(request: object) -> object:
        seen.append(request)
        if len(seen) > after:
            raise KeyboardInterrupt
        return ask(request)  # type: ignore[arg-type]  # a stand-in for ask

    with suppress(KeyboardInterrupt):
        vault.rotate(path, old, failing)  # type: ignore[arg-type]  # a stand-in for ask
    assert [one.name for one in vault.contents(path, unlock(path), ask).entries] == ["A"]


def test_an_identity_with_a_passphrase(tmp_path: Path) -> None:
    (tmp_path / "v").mkdir(mode=0o700)
    path = str(tmp_path / "v/vault.age")
    vault.create(path, [], Secret("correct horse"), ask)
    asked = []

    def prompt(question: str) -> Secret:
        asked.append(question)
        return Secret("correct horse" if len(asked) == 1 else "wrong")

    assert vault.contents(path, find(path, "", "", prompt), ask).generation == 1
    with pytest.raises(VaultLocked, match="passphrase is wrong"):
        vault.contents(path, find(path, "", "", prompt), ask)
    assert len(asked) == 2


def test_for_recipients_elsewhere(tmp_path: Path) -> None:
    text, public = age.generate()
    (tmp_path / "v").mkdir(mode=0o700)
    path = str(tmp_path / "v/vault.age")
    assert vault.create(path, [public], None, ask)[1] == ""
    assert vault.contents(path, Unlock(text.encode(), None, "x"), ask).recipients == (public,)
    with pytest.raises(VaultLocked, match="no identity was found"):
        unlock(path)


def test_another_recipient_can_open_it_until_he_is_removed(tmp_path: Path) -> None:
    path, key = fresh(tmp_path / "v")
    text, public = age.generate()
    vault.recipients(path, key, [public], [], ask)
    other = Unlock(text.encode(), None, "x")
    assert len(vault.contents(path, other, ask).recipients) == 2
    vault.recipients(path, key, [], [public], ask)
    with pytest.raises(VaultLocked):
        vault.contents(path, other, ask)


def test_nobody_locks_himself_out(tmp_path: Path) -> None:
    path, key = fresh(tmp_path / "v")
    own = vault.contents(path, key, ask).recipients[0]
    before = Path(path).read_bytes()
    for add in ([], [age.generate()[1]]):
        with pytest.raises(CatalystError):
            vault.recipients(path, key, add, [own], ask)
    assert Path(path).read_bytes() == before


def test_a_failed_change_changes_nothing(tmp_path: Path) -> None:
    path, key = fresh(tmp_path / "v")
    before = Path(path).read_bytes()
    with pytest.raises(TokenRefused):
        vault.put(path, key, [new("A"), new("B", "bad value")], ask)
    assert Path(path).read_bytes() == before


def test_nothing_is_overwritten_by_init(tmp_path: Path) -> None:
    path, _ = fresh(tmp_path / "v")
    with pytest.raises(VaultInTheWay):
        vault.create(path, [], None, ask)
    Path(path).unlink()
    with pytest.raises(VaultInTheWay, match=r"vault\.age\.key"):
        vault.create(path, [], None, ask)


def test_no_vault(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(VaultMissing):
        unlock(str(tmp_path / "vault.age"))


def spoiled(path: str, how: str) -> None:
    file = Path(path)
    match how:
        case "readable by the group":
            file.chmod(0o640)
        case "readable by all":
            file.chmod(0o604)
        case "a symbolic link":
            file.rename(f"{path}.real")
            file.symlink_to(f"{path}.real")
        case "two names":
            os.link(path, f"{path}.other")
        case "a pipe":
            file.unlink()
            os.mkfifo(path, 0o600)
        case "a folder":
            file.unlink()
            file.mkdir(mode=0o700)
        case "its folder open to the group":
            file.parent.chmod(0o770)
        case "a folder above it open to all":
            file.parent.parent.chmod(0o777)
        case "somebody else's":
            os.chown(path, 12345, -1)
        case "its folder somebody else's":
            os.chown(file.parent, 12345, -1)
        case _:
            raise AssertionError(how)


SPOILED = ["readable by the group", "readable by all", "a symbolic link", "two names", "a pipe", "a folder",
           "its folder open to the group", "a folder above it open to all"]  # fmt: skip


@pytest.mark.parametrize("how", [*SPOILED,
                                 *(["somebody else's", "its folder somebody else's"] if os.geteuid() == 0 else [])])
def test_a_vault_that_others_could_read_or_exchange_is_refused(tmp_path: Path, how: str) -> None:
    path, key = fresh(tmp_path / "v")
    spoiled(path, how)
    try:
        acts: list[Callable[[], object]] = [lambda: vault.contents(path, key, ask),
                                            lambda: vault.put(path, key, [new("A")], ask)]  # fmt: skip
        for act in acts:
            with pytest.raises(PathRefused) as caught:
                act()
            assert caught.value.hint
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("how", SPOILED[:6])
def test_so_is_an_identity(tmp_path: Path, how: str) -> None:
    path, _ = fresh(tmp_path / "v")
    spoiled(f"{path}.key", how)
    with pytest.raises(PathRefused):
        unlock(path)


def test_the_hint_for_a_wrong_mode_works_when_pasted(tmp_path: Path) -> None:
    path, key = fresh(tmp_path / "v")
    Path(path).chmod(0o644)
    with pytest.raises(PathRefused) as caught:
        vault.contents(path, key, ask)
    assert os.system(caught.value.hint) == 0
    assert vault.contents(path, key, ask).generation == 1


def test_identity_by_descriptor(tmp_path: Path) -> None:
    path, key = fresh(tmp_path / "v")
    with Path(f"{path}.key").open("rb") as file:
        assert unlock(path, f"fd:{file.fileno()}").identity == key.identity
    with pytest.raises(PathRefused):
        unlock(path, "fd:999")
    with pytest.raises(PathRefused):
        unlock(path, "fd:0")


@pytest.mark.parametrize("linked", [False, True])
def test_identity_as_a_mounted_secret(tmp_path: Path, linked: bool) -> None:
    """systemd gives a file of mode 0400; Kubernetes a link through ..data, readable for all."""
    path, key = fresh(tmp_path / "v")
    secrets = tmp_path / "credentials"
    (secrets / "..data").mkdir(parents=True)
    file = secrets / ("..data/x" if linked else CREDENTIAL)
    Path(f"{path}.key").rename(file)
    if linked:
        file.chmod(0o644)
        (secrets / CREDENTIAL).symlink_to("..data/x")
    assert find(path, "", str(secrets), vaults.no_prompt).identity == key.identity
    file.chmod(0o666)
    with pytest.raises(PathRefused):
        find(path, "", str(secrets), vaults.no_prompt)


@pytest.mark.parametrize("linked", [False, True])
def test_a_vault_as_a_mounted_secret_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linked: bool) -> None:
    """Docker's is readable for all, Kubernetes' a link as well; what others could have written is nobody's vault."""
    path, key = fresh(tmp_path / "v")
    vault.put(path, key, [new("A")], ask)
    folder = tmp_path / "secrets"
    (folder / "..data").mkdir(parents=True)
    monkeypatch.setattr(identity, "SECRETS", str(folder))
    secret, file = folder / "catalyst-vault", folder / ("..data/x" if linked else "catalyst-vault")
    Path(path).rename(file)
    file.chmod(0o444)
    if linked:
        secret.symlink_to("..data/x")
    Path(f"{path}.key").rename(folder / CREDENTIAL)
    request = vault.opening(str(secret), find(str(secret), "", "", vaults.no_prompt))
    assert [one["name"] for one in ask(request)["tokens"]] == ["A"]
    file.chmod(0o664)
    with pytest.raises(PathRefused, match=r"SECURITY_TOKEN_VAULT_PATH .* others could have written it"):
        vault.opening(str(secret), key)
    monkeypatch.setattr(identity, "SECRETS", "/run/secrets")
    with pytest.raises(PathRefused):  # the same file in any other folder
        vault.opening(str(secret), key)


def test_what_would_open_it_is_the_file_that_is_there(tmp_path: Path) -> None:
    path, _ = fresh(tmp_path / "v")
    assert identity.would_open(path, "") == f"{path}.key"
    assert identity.would_open(path, "/elsewhere/key") == "/elsewhere/key"
    Path(f"{path}.key").rename(f"{path}.key.age")
    assert identity.would_open(path, "") == f"{path}.key.age"


def test_an_identity_elsewhere_is_not_exchanged(tmp_path: Path) -> None:
    path, _ = fresh(tmp_path / "v")
    elsewhere = tmp_path / "key"
    Path(f"{path}.key").rename(elsewhere)
    with pytest.raises(VaultLocked, match="not kept beside it"):
        vault.rotate(path, unlock(path, str(elsewhere)), ask)


def test_when_a_token_was_used_is_kept_apart(tmp_path: Path) -> None:
    path, key = fresh(tmp_path / "v")
    vault.put(path, key, [new("A"), new("B")], ask)
    before = Path(path).read_bytes()
    used.mark_used(path, ["A"], "2026-11-24T00:00:00Z")
    assert [one.used for one in vault.contents(path, key, ask).entries] == ["2026-11-24T00:00:00Z", ""]
    assert Path(path).read_bytes() == before
    Path(f"{path}.used").write_text("{not json")
    assert [one.used for one in vault.contents(path, key, ask).entries] == ["", ""]


def test_strays_of_killed_writers_are_swept_and_nothing_else(tmp_path: Path) -> None:
    path, key = fresh(tmp_path / "v")
    stray, other = tmp_path / "v/.vault.age.tmp-0011", tmp_path / "v/.other.tmp-0011"
    stray.touch()
    other.touch()
    vault.put(path, key, [new("A")], ask)
    assert not stray.exists()
    assert other.exists()


def test_a_lock_that_is_held_is_waited_for_and_then_named(tmp_path: Path) -> None:
    path, _ = fresh(tmp_path / "v")
    with (Folder(path) as one, Folder(path) as two, one.locked(), pytest.raises(VaultBusy),
          two.locked(patience=0.05)):  # fmt: skip
        pass


def test_a_full_disk_keeps_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, key = fresh(tmp_path / "v")
    before = Path(path).read_bytes()

    def full(_descriptor: int, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("catalyst.vault.files.os.write", full)
    with pytest.raises(PathRefused, match="no space left"):
        vault.put(path, key, [new("A")], ask)
    assert Path(path).read_bytes() == before
    assert not [*(tmp_path / "v").glob(".*tmp*")]


def test_what_is_no_document_is_not_made_one(tmp_path: Path) -> None:
    path, key = fresh(tmp_path / "v")
    recipient = vault.contents(path, key, ask).recipients[0]
    Path(path).write_bytes(age.encrypt(json.dumps({"value": VALUE}).encode(), [recipient]))
    with pytest.raises(CatalystError) as caught:
        vault.put(path, key, [new("A")], ask)
    assert VALUE not in str(caught.value)


def test_the_child_gives_values_to_one_request_only(tmp_path: Path) -> None:
    path, key = fresh(tmp_path / "v")
    vault.put(path, key, [new("A", VALUE, "a.co")], ask)
    raw = {"vault": base64.b64encode(Path(path).read_bytes()).decode(), "identity": base64.b64encode(key.identity).decode(),
           "passphrase": ""}  # fmt: skip
    assert VALUE not in json.dumps(ask({"do": "list", **raw}))
    assert VALUE not in json.dumps(ask({"do": "recipients", "add": [], "remove": [], **raw}))
    assert VALUE in json.dumps(ask(vault.opening(path, key)))
