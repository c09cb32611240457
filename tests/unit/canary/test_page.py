"""The page says what happened, loudly where something got through, and escapes what a run has said."""

import re

from catalyst.canary.run import Report, Result

from catalyst.canary.attempt import Answer, Attempt, allowed, denied, unknown
from catalyst.canary.page import INCIDENTS, counts, render

EVIL = "<script>alert(1)</script>&\"'"


def _result(answer: Answer, expected: bool = False, theme: str = "read") -> Result:
    return Result(Attempt("key", theme, "take <the> keys", "I7", lambda _: answer), answer, expected)


def _page(*results: Result) -> str:
    return render(Report(results, {"Uid": "1000 <b>"}))


def test_evidence_is_escaped() -> None:
    page = _page(_result(Answer("denied", EVIL, "<i>")))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<code>&lt;i&gt;</code>" in page
    assert "Take &lt;the&gt; keys" in page
    assert "1000 &lt;b&gt;" in page


def test_what_got_through_is_loud() -> None:
    page = _page(_result(allowed("in")), _result(denied("out")))
    assert "1 of 2 attempts got through" in page
    assert 'class="summary loud"' in page
    assert ">ALLOWED<" in page


def test_what_the_level_promises_is_not_loud() -> None:
    page = _page(_result(allowed("in"), expected=True))
    assert "allowed, as this level promises" in page
    assert 'class="summary calm"' in page
    assert ">ALLOWED<" not in page


def test_an_expected_attempt_that_was_denied_is_denied() -> None:
    results = [_result(denied("out"), expected=True), _result(unknown("why")), _result(allowed("in"), expected=True)]
    assert counts(results) == {"denied": 1, "allowed": 0, "expected": 1, "unknown": 1}


def test_unknown_never_reads_as_denied() -> None:
    page = _page(_result(unknown("it crashed")))
    assert "1 could not be judged" in page
    assert "<b>0</b> denied" in page


def test_nothing_from_outside_and_no_script() -> None:
    page = _page(_result(denied("out")))
    assert not re.search(r"<script|https?://|url\(|@import|\son\w+=|\sstyle=", page)


def test_an_incident_is_named_and_numbered() -> None:
    assert '<td><span class="name">GHOST </span>I7</td>' in _page(_result(denied("out")))


def test_every_incident_an_attempt_names_is_explained() -> None:
    from catalyst.canary.attempts import ATTEMPTS

    named = {key for attempt in ATTEMPTS for key in re.findall(r"I\d+", attempt.origin)}
    assert named <= set(INCIDENTS)
