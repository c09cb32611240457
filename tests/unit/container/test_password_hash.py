"""A password's hash in a variable: believed to be one of ours and nothing more, and gone from the environment."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import argon2
import pytest

from catalyst.container import password, password_hash, services
from catalyst.errors import Contradiction, PasswordHashRefused
from catalyst.instance import front
from catalyst.instance.store import Store
from catalyst.secret import Secret
from catalyst.services.gateway import passwords
from catalyst.services.gateway.state import Lives, digest
from support import COMMAND, forget, own_environment

HASH = passwords.hashed("correct horse")
LIVES = Lives(3600.0, 3600.0)
HEAD = "$argon2id$v=19$m=65536,t=3,p=4"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "data").mkdir()
    yield Store(str(tmp_path / "data"))
    forget(tmp_path / "data")


def stored(store: Store) -> str:
    with front.logins(store) as state:
        return state.password()


@pytest.mark.parametrize("text", [HASH, password_hash.form(HASH)])
def test_it_is_the_password_from_now_on(store: Store, text: str) -> None:
    password_hash.take(store, Secret(text))
    assert stored(store) == HASH
    assert passwords.right(stored(store), "correct horse")


def test_sessions_end_only_when_it_is_another(store: Store) -> None:
    password_hash.take(store, Secret(HASH))
    with front.logins(store) as state:
        session = digest(state.open_session())
    password_hash.take(store, Secret(password_hash.form(HASH)))  # the next start
    with front.logins(store) as state:
        assert state.holds_session(session, LIVES)
    password_hash.take(store, Secret(passwords.hashed("battery staple")))
    with front.logins(store) as state:
        assert not state.holds_session(session, LIVES)


def test_what_is_printed_survives_shells_and_templates() -> None:
    assert not {*password_hash.form(HASH)} & {*"$,=+/ \"'\\:;%"}


SALT, SUM = "c29tZXNhbHRzb21lc2FsdA", "A" * 43


WRONG = [
    ("correct horse", "is no hash"),  # a password in clear
    ("hunter2!!", "is no hash"), ("$", "is no hash"), ("é", "is no hash"), ("x" * 600, "has 600 characters"),
    ("$2b$12$abcdefghijklmnopqrstuuZ1Zs1Zs1Zs1Zs1Zs1Zs1Zs1Zs1Zs1Zs", "is no hash"),
    (HASH.replace("argon2id", "argon2i"), "is no hash"), (HASH.replace("v=19", "v=16"), "is no hash"),
    (f"{HASH}\n", "is no hash"), (f" {HASH}", "is no hash"), (f"{HASH}$more", "is no hash"), (HEAD, "is no hash"),
    (f"{HEAD}$c2FsdA${SUM}", "is no hash"), (f"{HEAD}${SALT}$AAAA", "is no hash"),  # short ones
    (HASH.replace("t=3", "t=0003"), "is no hash"), (HASH.replace("t=3", "t=-3"), "is no hash"),
    (HASH.replace("m=65536", "m=8192"), "has 8192 for its memory; it must have 65536 to 262144"),
    (HASH.replace("t=3", "t=1"), "has 1 for its passes"), (HASH.replace("p=4", "p=0"), "has 0 lanes"),
    # what would hang the gateway, or take all memory, at the first attempt to log in
    (HASH.replace("m=65536", "m=4194304"), "has 4194304 for its memory"), (HASH.replace("t=3", "t=999"), "has 999 for its"),
    (HASH.replace("p=4", "p=99"), "has 99 lanes"), (HASH.replace("m=65536", "m=99999999"), "is no hash"),
]  # fmt: skip
ENCODED = [(password_hash.form(text), why) for text, why in WRONG if text.startswith("$a")]


@pytest.mark.parametrize(("said", "why"), [*WRONG, *ENCODED])
def test_anything_else_stops_the_start_and_is_not_shown(store: Store, said: str, why: str) -> None:
    with pytest.raises(PasswordHashRefused) as found:
        password_hash.take(store, Secret(said))
    assert why in str(found.value)
    assert found.value.exit_code == 4
    shown = f"{found.value} {found.value.hint}"
    assert len(said) < 3 or said.strip() not in shown
    assert stored(store) == ""


def test_a_dearer_one_is_its_owners_choice_and_stays(store: Store) -> None:
    """Made cheaper at the first login, it would be another than the variable's at the next start, and end all sessions."""
    dear = argon2.PasswordHasher(memory_cost=2 * passwords.COST.memory, time_cost=passwords.COST.passes, parallelism=1)
    hashed = dear.hash("correct horse")
    password_hash.take(store, Secret(hashed))
    assert passwords.right(stored(store), "correct horse")
    assert not passwords.outdated(stored(store))
    cheap = argon2.PasswordHasher(memory_cost=8192, time_cost=1, parallelism=1).hash("x")
    assert passwords.outdated(cheap)


def test_it_is_handed_over_once() -> None:
    descriptor = password_hash.handed_over(Secret(HASH))
    assert password_hash.received(descriptor) == Secret(HASH)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    long = password_hash.received(password_hash.handed_over(Secret("é" * 5000)))
    with pytest.raises(PasswordHashRefused, match="the limit is 512"):
        password_hash._checked(long.reveal())


def test_it_is_taken_out_of_the_environment(tmp_path: Path) -> None:
    """Of this process, of what it starts, and of what the kernel shows of it."""
    said = password_hash.form(HASH)
    program = ("import os, subprocess; from catalyst.container import password_hash as p; found = p.given(); "
               "print(found.reveal()); print(p.given()); print(open('/proc/self/environ', 'rb').read().count(b'JGFyZ29u')); "
               "print(subprocess.run(['env'], capture_output=True, text=True).stdout.count('PASSWORD_HASH'))")  # fmt: skip
    done = subprocess.run([COMMAND[0], "-P", "-c", program], env={**own_environment(), "CATALYST_PASSWORD_HASH": said},
                          cwd=tmp_path, capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.split() == [said, "None", "0", "0"]


def test_the_command_prints_one_and_sets_nothing(tmp_path: Path) -> None:
    done = subprocess.run([*COMMAND, "password", "--print-hash", f"--data={tmp_path}/data"], input="correct horse\n",
                          env=own_environment(), capture_output=True, text=True, check=True)  # fmt: skip
    assert passwords.right(password_hash._checked(done.stdout.strip()), "correct horse")
    assert not (tmp_path / "data").exists()
    both = subprocess.run([*COMMAND, "password", "--print-hash", "--remove"], env=own_environment(), capture_output=True,
                          text=True)  # fmt: skip
    assert both.returncode == 2


@pytest.mark.parametrize("mounted", [False, True])
def test_a_mounted_secret_beside_it_is_a_contradiction(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, mounted: bool
) -> None:
    (tmp_path / "secret").write_text("battery staple\n")
    found, take = str(tmp_path / ("secret" if mounted else "none")), password.take
    monkeypatch.setattr(password, "take", lambda store: take(store, found))
    one = services.Services.__new__(services.Services)  # its start takes the signals of this process
    one.store, one.hashed, one.tell = store, Secret(HASH), lambda _: None
    if mounted:
        with pytest.raises(Contradiction, match="CATALYST_PASSWORD_HASH"):
            one._take_password()
    else:
        one._take_password()
        assert stored(store) == HASH
