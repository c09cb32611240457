"""Sessions, links, tokens and the password in their file."""

import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from multidict import CIMultiDict

from catalyst.services.gateway import passwords, state
from catalyst.services.gateway.limits import ALL, EACH, Limiter, network
from catalyst.services.gateway.state import Lives, State, digest
from catalyst.services.gateway.visitor import look
from gateways import config

LIVES = Lives(100.0, 1000.0)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[State]:
    made = State(tmp_path)
    yield made
    made.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1e9]
    monkeypatch.setattr("catalyst.services.gateway.state.time.time", lambda: now[0])
    return now


def test_the_file_is_closed_and_holds_no_secret(opened: State, tmp_path: Path) -> None:
    secrets = [opened.open_session(), opened.make_link(), opened.make_token("a")]
    opened.set_password(passwords.hashed("correct horse"))
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        content = file.read_bytes()
        for secret in (*secrets, "correct horse"):
            assert secret
            assert secret.encode() not in content


def test_it_survives_and_is_shared(opened: State, tmp_path: Path) -> None:
    secret = opened.open_session()
    other = State(tmp_path)
    assert other.holds_session(digest(secret), LIVES)
    other.close_session(digest(secret))
    other.close()
    assert not opened.holds_session(digest(secret), LIVES)


def test_idle_and_absolute(opened: State, clock: list[float]) -> None:
    secret = digest(opened.open_session())
    for _ in range(10):
        clock[0] += 99
        assert opened.holds_session(secret, LIVES)
        opened.touch_session(secret)
    clock[0] += 20  # not idle for long, but too old
    assert not opened.holds_session(secret, LIVES)
    second = digest(opened.open_session())
    clock[0] += 101
    assert not opened.holds_session(second, LIVES)
    opened.forget_old_sessions(LIVES)
    assert opened.sessions() == 0


def test_links_count_once_and_not_for_ever(opened: State, clock: list[float]) -> None:
    first, second = opened.make_link(), opened.make_link()
    assert opened.spend_link(first)
    assert not opened.spend_link(first)
    clock[0] += state.LINK_LIFE + 1
    assert not opened.spend_link(second)
    third = opened.make_link()
    opened.make_link(only=True)
    assert not opened.spend_link(third)


def test_a_new_password_ends_sessions_and_keeps_tokens(opened: State) -> None:
    session, token = opened.open_session(), opened.make_token("a")
    assert token
    opened.set_password("x")
    assert not opened.holds_session(digest(session), LIVES)
    assert opened.holds_token(digest(token))
    assert opened.make_token("a") is None
    assert [one.name for one in opened.tokens()] == ["a"]
    opened.renew_password("other", "y")
    assert opened.password() == "x"
    opened.set_password("")
    assert opened.password() == ""


def test_a_link_in_the_files_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / state.NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError):
        State(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / state.NAME).write_bytes(b"not a database" * 100)
    with pytest.raises(sqlite3.Error):
        State(tmp_path)


def test_passwords() -> None:
    stored = passwords.hashed("correct horse")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.right(stored, "correct horse")
    assert not passwords.right(stored, "wrong")
    assert not passwords.right("", "")
    assert not passwords.right("", "x")
    assert not passwords.right("nonsense", "x")
    assert not passwords.outdated(stored)


def test_limits() -> None:
    now = [0.0]
    limiter = Limiter(lambda: now[0])
    assert [limiter.attempt("192.0.2.1") for _ in range(5)] == [0.0] * 5
    assert 0 < limiter.attempt("192.0.2.1") <= EACH[0].seconds / EACH[0].most
    assert limiter.attempt("192.0.2.2") == 0.0
    limiter.succeeded("192.0.2.2")
    now[0] += 12
    assert limiter.attempt("192.0.2.1") == 0.0
    taken = 0
    while limiter.attempt(f"192.0.2.{taken + 10}") == 0.0:  # many addresses do not mean many chances
        taken += 1
        assert taken < 200
    assert taken <= ALL[0].most
    now[0] += 3600
    tried = 0
    for _ in range(400):  # an hour's worth from one address
        tried += limiter.attempt("192.0.2.1") == 0.0
        now[0] += 9
    assert tried <= 2 * EACH[1].most + 1


def test_what_counts_as_one_visitor() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff") != network("2001:db8:0:1::1")
    assert network("::ffff:192.0.2.1") == "192.0.2.1"
    assert network("nonsense") == "?"


@pytest.mark.parametrize(("peer", "forwarded", "address"), [
    ("198.51.100.7", "1.1.1.1", "198.51.100.7"), ("127.0.0.1", "1.1.1.1", "1.1.1.1"), ("127.0.0.1", "", "127.0.0.1"),
    ("127.0.0.1", "6.6.6.6, 203.0.113.9, 10.1.2.3", "203.0.113.9"), ("::ffff:127.0.0.1", "1.1.1.1", "1.1.1.1"),
    ("127.0.0.1", "10.0.0.1", "127.0.0.1"),
])  # fmt: skip
def test_only_a_trusted_proxy_says_who_it_is(opened: State, peer: str, forwarded: str, address: str) -> None:
    from ipaddress import ip_network

    made = config(proxies=(ip_network("127.0.0.1/32"), ip_network("10.0.0.0/8")))
    sent = CIMultiDict({"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https"})
    found = look(peer, False, sent, [], made, opened)
    assert found.address == address
    assert found.secure is (peer != "198.51.100.7")


def test_two_different_cookies_count_as_none(opened: State) -> None:
    one, two = opened.open_session(), opened.open_session()

    def known(*cookies: str) -> bool:
        return look("192.0.2.1", False, CIMultiDict(), cookies, config(), opened).known

    assert known(f"catalyst-test={one}")
    assert known(f"x=1; catalyst-test={one}", f"catalyst-test={one}")
    assert not known(f"catalyst-test={one}; catalyst-test={two}")
    assert not known(f"catalyst-test={one}", "catalyst-test=x")
    assert not known(f"catalyst-other={one}")
    assert not known(f"__Host-catalyst-test={one}")


def test_what_is_remembered_is_forgotten_at_once(opened: State, tmp_path: Path, clock: list[float]) -> None:
    """In the loop's turns (State.ask_once_a_turn): another process is asked about once in each."""
    turns: list[Callable[[], None]] = []
    opened.ask_once_a_turn(turns.append)
    session, token = digest(opened.open_session()), digest(opened.make_token("a") or "")

    def known() -> tuple[bool, bool]:
        return opened.holds_session(session, LIVES), opened.holds_token(token)

    def turn() -> None:
        for one in turns:
            one()
        turns.clear()

    assert [known(), known()] == [(True, True)] * 2
    assert len(turns) == 1  # asked once
    other = State(tmp_path)
    assert other.revoke_token("a")
    assert opened.holds_token(token)  # the same turn: what came in it was sent before
    turn()
    assert known() == (True, False)
    turn()
    other.close_session(session)
    turn()
    assert known() == (False, False)
    other.close()

    again = digest(opened.open_session())
    assert opened.holds_session(again, LIVES)
    opened.close_session(again)  # our own, in the same turn
    assert not opened.holds_session(again, LIVES)
    last = digest(opened.open_session())
    assert opened.holds_session(last, LIVES)
    opened.set_password("x")
    assert not opened.holds_session(last, LIVES)
    old = digest(opened.open_session())
    assert opened.holds_session(old, LIVES)
    clock[0] += LIVES.idle + 1
    assert not opened.holds_session(old, LIVES)


def test_use_is_written_down_although_it_is_remembered(opened: State, clock: list[float]) -> None:
    token = digest(opened.make_token("a") or "")
    for _ in range(5):
        clock[0] += state.TOUCH + 1
        assert opened.holds_token(token)
        assert opened.tokens()[0].used == clock[0]
