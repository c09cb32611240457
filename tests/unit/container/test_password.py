"""A container's password from a mounted secret: taken, kept while it is the same, and refused where it is no password."""

import os
from pathlib import Path

import pytest

from catalyst.container import password
from catalyst.errors import PathRefused
from catalyst.instance import front
from catalyst.instance.store import Store
from catalyst.services.gateway import passwords
from catalyst.services.gateway.state import Lives, State, digest

LIVES = Lives(3600.0, 3600.0)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "data").mkdir()
    return Store(str(tmp_path / "data"))


def right(store: Store, said: str) -> bool:
    with front.logins(store) as state:
        return passwords.right(state.password(), said)


def test_without_one_nothing_changes(store: Store, tmp_path: Path) -> None:
    with front.logins(store) as state:
        state.set_password(passwords.hashed("typed in here"))
    assert not password.take(store, str(tmp_path / "none"))
    assert right(store, "typed in here")


def test_it_is_the_first_line_and_ends_sessions_only_when_it_is_new(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("correct hörse \r\nanything\n")
    assert password.take(store, str(file))
    assert right(store, "correct hörse ")
    with front.logins(store) as state:
        session = digest(state.open_session())
    assert password.take(store, str(file))  # the next start
    assert holds(store, session)
    file.write_text("battery staple")
    assert password.take(store, str(file))
    assert not holds(store, session)
    assert (right(store, "battery staple"), right(store, "correct hörse ")) == (True, False)


def holds(store: Store, session: bytes) -> bool:
    with front.logins(store) as state:
        return state.holds_session(session, LIVES)


def test_it_stands_in_no_file(store: Store, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("correct horse\n")
    assert password.take(store, str(tmp_path / "secret"))
    for file in store.make_kept().rglob("*"):
        assert b"correct horse" not in file.read_bytes()


def test_kubernetes_links_it(store: Store, tmp_path: Path) -> None:
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data/catalyst_password").write_text("correct horse")
    (tmp_path / "catalyst_password").symlink_to("..data/catalyst_password")
    assert password.take(store, str(tmp_path / "catalyst_password"))
    assert right(store, "correct horse")


@pytest.mark.parametrize(("content", "why"), [
    (b"", "0 characters"), (b"short\n", "5 characters"), (b"\ncorrect horse", "0 characters"),
    (b"x" * 2000, "must have 8 to 1024"), (b"\xff\xfe correct horse", "not UTF-8"),
])  # fmt: skip
def test_what_is_no_password_stops_the_start(store: Store, tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    refused(store, file, why)
    assert not right(store, "")


@pytest.mark.parametrize("kind", ["folder", "pipe", "dangling", "open to all", "device"])
def test_what_is_no_secret_file_stops_the_start(store: Store, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "secret"
    match kind:
        case "folder":
            file.mkdir()
        case "pipe":  # nobody writes to it: it must not be waited for
            os.mkfifo(file)
        case "dangling":
            file.symlink_to(tmp_path / "nowhere")
        case "open to all":
            file.write_text("correct horse")
            file.chmod(0o666)
        case _:
            file.symlink_to("/dev/zero")
    refused(store, file, {"dangling": "no such file", "open to all": "everybody"}.get(kind, "not a file"))
    with front.logins(store) as state:
        assert state.password() == ""


def refused(store: Store, file: Path, why: str) -> None:
    with pytest.raises(PathRefused) as found:
        password.take(store, str(file))
    assert why in str(found.value)
    assert found.value.exit_code == 4
    assert "horse" not in f"{found.value} {found.value.hint}"  # no part of it is shown


def test_a_place_that_cannot_be_looked_at_stops_the_start(store: Store, tmp_path: Path) -> None:
    """Not: there is none, so everything goes on without the password that somebody has given."""
    (tmp_path / "file").write_text("")
    refused(store, tmp_path / "file/catalyst_password", "not a directory")


def test_state_is_the_gateways(store: Store, tmp_path: Path) -> None:
    """What was set is what the gateway reads."""
    (tmp_path / "secret").write_text("correct horse")
    password.take(store, str(tmp_path / "secret"))
    state = State(store.make_kept())
    assert passwords.right(state.password(), "correct horse")
    state.close()
