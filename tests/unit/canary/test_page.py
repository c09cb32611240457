"""The page says what happened, loudly where something got through, and escapes what a run has said."""

import re

from catalyst.audit.inside.attempt import load_all
from catalyst.audit.inside.judge import Verdict
from catalyst.audit.inside.probe import Answer, Probe, allowed, denied, unknown
from catalyst.canary.page import INCIDENTS, counts, render
from catalyst.canary.run import Report, Result, Sandbox

EVIL = "<script>alert(1)</script>&\"'"


def _result(answer: Answer, verdict: Verdict, theme: str = "read", why: str = "") -> Result:
    probe = Probe("key", theme, "take <the> keys", "I7", "identity", ("bwrap",), lambda _: answer)
    return Result(probe, answer, verdict, "bwrap, guard", why)


def _page(*results: Result) -> str:
    return render(Report(Sandbox("high", "isolated", "bwrap"), results, {"Uid": "1000 <b>"}))


def test_evidence_is_escaped() -> None:
    page = _page(_result(Answer("denied", EVIL, "<i>"), "held"), _result(allowed(EVIL), "open", why="<u>"))
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2
    assert "<code>&lt;i&gt;</code>" in page
    assert "&lt;u&gt;" in page
    assert "Take &lt;the&gt; keys" in page
    assert "1000 &lt;b&gt;" in page


def test_a_row_says_what_is_to_stop_it_and_what_came() -> None:
    page = _page(_result(Answer("denied", "out", "EPERM"), "held"))
    assert 'identity<span class="evidence">bwrap, guard</span>' in page
    assert '<span class="word">held</span> <code>EPERM</code>' in page
    assert "1 of 1 promises held" in page
    assert 'class="summary calm"' in page


def test_it_says_by_which_promises_it_judges() -> None:
    page = _page(_result(denied("out"), "held"))
    assert "SECURITY_LEVEL=high and NETWORK_MODE=isolated promise, in a sandbox made by bwrap" in page


def test_what_got_through_is_loud() -> None:
    page = _page(_result(allowed("in"), "broken"), _result(denied("out"), "held"))
    assert "1 of 2 promises broken" in page
    assert 'class="summary loud"' in page
    assert ">BROKEN<" in page


def test_what_is_not_promised_stands_apart_and_counts_for_nothing() -> None:
    page = _page(_result(allowed("in"), "open", why="allowed by level normal"), _result(denied("out"), "open"))
    assert "got through, as promised" in page
    assert "denied, not promised" in page
    assert "in (allowed by level normal)" in page
    assert "0 of 0 promises held" in page
    assert 'class="summary calm"' not in page
    assert page.index("Open by design") < page.index("got through, as promised")


def test_each_verdict_is_counted_for_itself() -> None:
    results = [_result(denied("out"), "open"), _result(unknown("why"), "unknown"), _result(denied("out"), "held")]
    assert counts(results) == {"held": 1, "broken": 0, "unknown": 1, "open": 1}


def test_unknown_never_reads_as_held() -> None:
    page = _page(_result(unknown("it crashed"), "unknown"))
    assert "0 of 1 promises held, 1 could not be judged" in page
    assert 'class="summary doubtful"' in page


def test_what_needs_bait_is_named_apart_and_not_counted() -> None:
    page = _page(_result(unknown("no bait was laid"), "unknown"), _result(denied("out"), "held"))
    assert "1 of 1 promises held" in page
    assert "<li>take &lt;the&gt; keys</li>" in page


def test_a_theme_that_the_page_does_not_know_is_shown_too() -> None:
    assert '<h2 id="new&lt;">' in _page(_result(allowed("in"), "broken", theme="new<"))


def test_nothing_from_outside_and_no_script() -> None:
    page = _page(_result(denied("out"), "held"), _result(allowed("in"), "open"), _result(allowed("in"), "broken"))
    assert not re.search(r"<script|https?://|url\(|@import|\son\w+=|\sstyle=", page)


def test_an_incident_is_named_and_numbered() -> None:
    assert '<td><span class="name">GHOST </span>I7</td>' in _page(_result(denied("out"), "held"))


def test_every_incident_a_probe_names_is_explained() -> None:
    named = {key for probe in load_all() for key in re.findall(r"\bI\d+", probe.origin)}
    assert named <= set(INCIDENTS)
