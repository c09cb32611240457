"""What the broker is told, what it counts, and how the rules in force are changed."""

import json
import os
from pathlib import Path

import pytest

from catalyst.egress.addresses import Kind
from catalyst.egress.rules import parse
from catalyst.errors import BrokerMisconfigured, EgressRule
from catalyst.services.broker.config import parse_config
from catalyst.services.broker.decide import Policy, suggestion
from catalyst.services.broker.journal import KEPT, LISTED, Decision, Journal
from catalyst.services.broker.log import Log

GOOD = {"version": 1, "reach": "hosts", "private": False, "rules": ["a.b", "*.c.d:80"]}


def test_a_configuration() -> None:
    policy = parse_config(json.dumps(GOOD).encode())
    assert (policy.internet, policy.private, [str(rule) for rule in policy.rules]) == (False, False, ["a.b", "*.c.d:80"])


@pytest.mark.parametrize(
    "changed",
    [{"version": 2}, {"version": True}, {"reach": "all"}, {"private": 0}, {"rules": "a.b"}, {"rules": [1]}, {"more": 1}],
)
def test_what_is_no_configuration(changed: dict[str, object]) -> None:
    with pytest.raises(BrokerMisconfigured):
        parse_config(json.dumps({**GOOD, **changed}).encode())


@pytest.mark.parametrize("text", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"version": 1}'])
def test_what_is_no_document(text: bytes) -> None:
    with pytest.raises(BrokerMisconfigured):
        parse_config(text)


def test_a_bad_rule_stops_the_start() -> None:
    with pytest.raises(EgressRule):
        parse_config(json.dumps({**GOOD, "rules": ["*"]}).encode())


def test_what_the_reach_and_the_rules_say() -> None:
    policy = Policy("hosts", private=False, rules=map(parse, ["a.b", "10.0.0.0/8:80", "x.lan+private"]))
    assert policy.host("a.b", 443).rule == "a.b"
    assert policy.host("a.b", None).allowed, "on some port: what the resolver asks"
    refused = policy.host("a.b", 80)
    assert (refused.allowed, refused.instead) == (False, "a.b:80")
    private = parse("10.0.0.1:80")
    assert private.network is not None
    address = private.network.network_address
    assert policy.host(address, 80).allowed
    assert policy.answers("a.b", 443, [address]).instead == "a.b+private"
    assert policy.answers("x.lan", 443, [address]).allowed
    assert policy.answers("a.b", 80, [address]).allowed, "an address rule covers the answer"
    assert Policy("internet", private=False, rules=[]).host("any.org", 25).allowed


def test_what_would_allow_it() -> None:
    assert suggestion("a.b", 80) == "a.b:80"
    assert suggestion("a.b", None) == "a.b"
    assert suggestion("a.b", 443, Kind.LOOPBACK) == "a.b+loopback"
    assert suggestion("a.b", 443, Kind.METADATA) == ""


def decision(host: str, verdict: str = "refused") -> Decision:
    return Decision(0.0, "python3", host, 443, verdict, "not on the list")


def test_refusals_are_counted_and_the_oldest_kinds_forgotten(tmp_path: Path) -> None:
    clock = [1000.0]
    descriptor = os.open(tmp_path / "log", os.O_RDWR | os.O_APPEND | os.O_CREAT)
    journal = Journal(Log(descriptor), now=lambda: clock[0])
    for _ in range(5):
        journal.add(decision("evil.org"))
    clock[0] += 61
    journal.add(decision("evil.org"))
    journal.add(decision("good.org", "allowed"))
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(line["host"], line.get("again")) for line in lines] == [("evil.org", None), ("evil.org", 4), ("good.org", None)]
    assert [one["count"] for one in journal.refused()] == [6]
    for number in range(KEPT + 10):
        journal.add(decision(f"n{number}.org"))
    assert len(journal.refused()) == LISTED
    assert journal.refused()[0]["host"] == f"n{KEPT + 9}.org"
    os.close(descriptor)


def test_a_watcher_that_does_not_read_loses_the_oldest(tmp_path: Path) -> None:
    journal = Journal(Log(os.open(os.devnull, os.O_WRONLY)))
    queue = journal.watch()
    for number in range(queue.maxsize + 5):
        journal.add(decision(f"n{number}.org"))
    assert queue.get_nowait()["host"] == "n5.org"
    journal.forget(queue)
    journal.add(decision("late.org"))
    assert queue.qsize() == queue.maxsize - 1
