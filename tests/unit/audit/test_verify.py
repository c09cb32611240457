"""The verdicts: what counts as held, what does not, and what the reports say of it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from catalyst.audit.inside.judge import Verdict, judge
from catalyst.audit.inside.probe import FROM_HIGH, SEALED, Answer, Probe, allowed, denied, unknown
from catalyst.audit.verify import report, sandbox, verify
from catalyst.audit.verify.verify import Matrix, Row
from catalyst.cli.commands.verify import _code
from catalyst.engine.engine import engines
from catalyst.errors import CatalystError
from strategies import settings_with

SETTINGS = settings_with(security_level="maximum", network_mode="isolated")
REFUSED = Answer("denied", "a socket: not permitted", "EPERM")


def probe(**changes: Any) -> Probe:
    good = Probe("raw-socket", "kernel", "forge packets", "general", "system-calls", ("docker", "bwrap", "guard"),
                 lambda _: REFUSED)  # fmt: skip
    return good._replace(**changes)


@pytest.mark.parametrize(
    ("changes", "answer", "level", "network", "verdict"),
    [
        ({}, REFUSED, "normal", "public", "held"),
        ({}, allowed("it worked"), "normal", "public", "broken"),
        ({}, unknown("no answer"), "normal", "public", "unknown"),
        ({"levels": FROM_HIGH}, allowed("it worked"), "normal", "public", "open"),
        ({"levels": FROM_HIGH}, allowed("it worked"), "high", "public", "broken"),
        ({"networks": SEALED}, allowed("it worked"), "high", "public", "open"),
        ({"networks": SEALED}, allowed("it worked"), "high", "isolated", "broken"),
        ({"open_because": "whoever runs Python can"}, denied("nothing"), "maximum", "isolated", "open"),
    ],
)
def test_judge(changes: dict[str, Any], answer: Answer, level: str, network: str, verdict: Verdict) -> None:
    assert judge(probe(**changes), answer, level, network) == verdict


def row(answer: Answer, unconfined: Answer | None, layers: str = "both", **changes: Any) -> Row:
    mine = probe(**changes)
    controls = {mine.id: unconfined} if unconfined else {}
    return verify.row_of(mine, {mine.id: answer}, controls, ("bwrap", layers), ("high", "isolated"))


def test_held_needs_a_positive_control_or_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "_confined_ourselves", lambda: False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert row(REFUSED, allowed("works")).outcome == "held"
    assert row(REFUSED, allowed("works")).shown == ""
    assert row(REFUSED, Answer("denied", "no", "EPERM")).outcome == "unknown", "it fails unconfined too: proves nothing"
    assert row(REFUSED, Answer("denied", "no", "EPERM"), needs_root=True).outcome == "unknown", "we are root here"
    assert row(REFUSED, None).outcome == "unknown"
    lacking = row(REFUSED, Answer("denied", "no such family", "EAFNOSUPPORT"))
    assert (lacking.outcome, lacking.shown.split(" (")[0]) == ("held", "this host has nothing of the kind")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert row(REFUSED, Answer("denied", "no", "EPERM"), needs_root=True).outcome == "held"
    assert row(REFUSED, Answer("denied", "no", "EPERM")).outcome == "unknown"


def test_a_layer_answers_only_for_what_it_claims() -> None:
    for layers, verdict in (("inner", "open"), ("outer", "broken"), ("both", "broken")):
        found = verify.row_of(probe(layers=("bwrap",)), {"raw-socket": allowed("in")}, {}, ("bwrap", layers),
                            ("high", "isolated"))  # fmt: skip
        assert found.outcome == verdict


def test_a_missing_answer_is_unknown() -> None:
    found = verify.row_of(probe(), {}, {"raw-socket": allowed("works")}, ("bwrap", "both"), ("high", "isolated"))
    assert found.outcome == "unknown"


def test_the_smallest_sets_are_named() -> None:
    assert verify._smallest(["a", "a + b", "b + c", verify.EVERYTHING]) == ["a", "b + c"]
    assert verify._smallest([verify.EVERYTHING]) == [verify.EVERYTHING]
    assert verify._smallest([]) == []


def matrix(*rows: Row) -> Matrix:
    return Matrix("bwrap", "high", "isolated", "both", rows, (("system-calls", "raw-socket"),))


HELD, BROKEN = row(REFUSED, allowed("works")), row(allowed("in"), allowed("works"))
OPEN = row(allowed("in"), allowed("works"), open_because="whoever runs Python can")
UNKNOWN = row(unknown("no answer"), allowed("works"))


def test_exit_codes() -> None:
    assert _code(matrix(HELD)) == 0
    silent = Matrix("bwrap", "high", "isolated", "both", (HELD,), (("umask", f"{verify.NOT_STARTED}: no more processes"),))
    assert _code(silent) == 3, "a variant that did not start has shown nothing"
    assert _code(matrix(HELD, UNKNOWN)) == 3
    assert _code(matrix(HELD, UNKNOWN, BROKEN)) == 14
    assert _code(matrix(row(allowed("in"), allowed("works"), control="umask"))) == 13
    assert _code(matrix(Row(HELD.probe, HELD.layer, "held", REFUSED, "", (), unproved=True))) == 3


def test_the_document_has_what_the_issue_promises() -> None:
    found = report.document(matrix(HELD, BROKEN, OPEN))
    entries = found["probes"]
    assert isinstance(entries, list)
    for entry in entries:
        assert {"id", "control", "layer", "outcome", "errno", "evidence"} <= entry.keys()
    assert [entry["outcome"] for entry in entries] == ["held", "broken"]
    assert found["counts"] == {"broken": 1, "unknown": 0, "held": 1, "not_applicable": 1}
    apart = found["not_applicable"]
    assert isinstance(apart, list)
    assert [entry["open_because"] for entry in apart] == ["whoever runs Python can"]


def test_sarif_has_what_github_asks_for() -> None:
    run = json.loads(report.sarif(matrix(HELD, BROKEN, UNKNOWN)))["runs"][0]
    assert [(one["ruleId"], one["level"]) for one in run["results"]] == [("raw-socket", "error"), ("raw-socket", "warning")]
    for one in run["results"]:
        assert one["message"]["text"]
        assert one["partialFingerprints"]["primaryLocationLineHash"]
        assert not one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("/")
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"]
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert isinstance(rule["properties"]["security-severity"], str)


def test_the_page_escapes_what_an_attempt_says() -> None:
    evil = row(Answer("denied", "<script>alert(1)</script>", "EPERM"), allowed("works"))
    page = report.page(matrix(evil))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "line",
    ["", "{", "[]", "null", '{"id": "x"}', '{"id": "x", "outcome": "held", "evidence": "e", "errno": null}',
     '{"id": "x", "outcome": "denied", "evidence": 1, "errno": null}',
     '{"id": "x", "outcome": "denied", "evidence": "e", "errno": 1}'],
)  # fmt: skip
def test_a_line_that_is_no_answer_is_none(line: str) -> None:
    assert sandbox._answer(line) is None


def ablated(monkeypatch: pytest.MonkeyPatch, said: Answer) -> tuple[Row, list[tuple[str, str]]]:
    """One held row, and what becomes of it when the attempt answers `said` in every variant."""
    monkeypatch.setattr(sandbox, "confined", lambda *_: sandbox.Ran({"raw-socket": said}))
    bait = type("Bait", (), {"insist": lambda _: None})()
    rows, summary = verify._ablate(SETTINGS, engines()["bwrap"], bait, [HELD], lambda _: None)
    return rows[0], summary


def test_what_gets_through_in_no_variant_is_unproved(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = ablated(monkeypatch, REFUSED)
    assert found.unproved
    assert found.stopped_by == ()


def test_what_gets_through_without_a_control_was_stopped_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found, summary = ablated(monkeypatch, allowed("in"))
    assert not found.unproved
    assert "system-calls" in found.stopped_by
    assert ("system-calls", "raw-socket") in summary


@pytest.mark.parametrize("when", ["unconfined", "confined"])
def test_bait_that_somebody_took_away_ends_the_run(when: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Else an attempt that found nothing would count as stopped."""

    def unconfined(laid: Any) -> dict[str, Answer]:
        if when == "unconfined":
            Path(laid.words["file"]).unlink()
        return {}

    def confined(_settings: object, _engine: object, laid: Any, _variant: object) -> sandbox.Ran:
        assert when == "confined", "the run went on"
        Path(laid.words["file"]).unlink()
        return sandbox.Ran({"raw-socket": REFUSED})

    monkeypatch.setattr(sandbox, "unconfined", unconfined)
    monkeypatch.setattr(sandbox, "confined", confined)
    settings = settings_with(data=str(tmp_path))
    with pytest.raises(CatalystError, match="taken away"):
        verify.verify(settings, engines()["bwrap"], layers="both", ablate=False, tell=lambda _: None)
