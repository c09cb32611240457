"""What the program was told becomes a verdict for each answer, and a report is kept for a moment."""

import json
from pathlib import Path

import pytest

from catalyst.audit.inside.attempt import load_all
from catalyst.audit.inside.probe import FROM_HIGH, Context, Probe, denied
from catalyst.canary.run import Runner, Sandbox

CONTEXT = Context(Path("/tmp"), Path("/nonexistent"))


def _probe(key: str, **more: object) -> Probe:
    values = {"id": key, "theme": "read", "title": f"try {key}", "origin": "general", "control": "identity",
              "layers": ("bwrap", "guard"), "act": lambda _: denied("not asked here"), **more}  # fmt: skip
    return Probe(**values)  # type: ignore[arg-type]  # a dict of good values, some of them changed


def _runner(*probes: Probe, level: str = "normal", engine: str = "bwrap", word: str = "allowed") -> Runner:
    sandbox = Sandbox(level, "isolated", engine)
    return Runner(CONTEXT, sandbox, probes, saying(*(line(probe.id, word) for probe in probes)))


def line(key: str, word: str) -> str:
    return json.dumps({"id": key, "outcome": word, "evidence": f"about {key}", "errno": None})


def saying(*lines: str) -> list[str]:
    """A program that prints these lines in the attempts' place."""
    return ["printf", "%s\\n", *lines]


def test_every_answer_is_judged_by_the_level_it_was_told() -> None:
    probes = (_probe("one"), _probe("two", levels=FROM_HIGH))
    report = _runner(*probes).report()
    assert [(one.probe.id, one.verdict, one.why) for one in report.results] == [
        ("one", "broken", ""), ("two", "open", "allowed by level normal")
    ]  # fmt: skip
    assert [one.verdict for one in _runner(*probes, level="high").report().results] == ["broken", "broken"]
    assert [one.verdict for one in _runner(*probes, word="denied").report().results] == ["held", "open"]
    assert "Uid" in report.identity


def test_the_layers_shown_are_those_this_sandbox_has() -> None:
    assert _runner(_probe("one")).report().results[0].layer == "bwrap, guard"
    assert _runner(_probe("one"), engine="docker").report().results[0].layer == "guard"
    assert _runner(_probe("one", layers=("docker",))).report().results[0].layer == "-"


def test_results_keep_the_order_of_the_probes_whatever_comes_first() -> None:
    probes = (_probe("one", by_itself=True), _probe("two"))
    said = saying(line("two", "denied"), line("one", "denied"))
    report = Runner(CONTEXT, Sandbox("normal", "isolated", "bwrap"), probes, said).report()
    assert [one.probe.id for one in report.results] == ["one", "two"]


@pytest.mark.parametrize(
    "said",
    [
        ["/nonexistent/program"],
        ["false"],
        saying("", "Traceback", "{", "[]", '"one"', '{"outcome": "denied"}', '{"id": "one"}'),
        saying('{"id": "one", "outcome": "denied", "evidence": "x", "errno": null, "more": 1}'),
    ],
    ids=["no program", "nothing", "no answer", "too much"],
)
def test_what_gives_no_answer_is_unknown(said: list[str]) -> None:
    report = Runner(CONTEXT, Sandbox("normal", "isolated", "bwrap"), (_probe("one"),), said).report()
    assert [(one.verdict, one.answer.evidence) for one in report.results] == [("unknown", "it gave no answer")]


def test_an_answer_with_a_word_of_its_own_is_unknown() -> None:
    assert _runner(_probe("one"), word="stopped").report().results[0].verdict == "unknown"


def test_attempts_that_never_end_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalyst.canary.run.WITHIN", 0.3)
    said = ["/bin/sh", "-c", f"echo '{line('one', 'denied')}'; exec sleep 30"]
    probes = (_probe("one"), _probe("two"))
    report = Runner(CONTEXT, Sandbox("normal", "isolated", "bwrap"), probes, said).report()
    assert [one.verdict for one in report.results] == ["held", "unknown"]


def test_a_report_is_kept_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = _runner(_probe("one"))
    assert runner.report() is runner.report()
    monkeypatch.setattr("catalyst.canary.run.FRESH", 0.0)
    runner = _runner(_probe("one"))
    assert runner.report() is not runner.report()


def test_by_default_every_probe_is_tried() -> None:
    runner = Runner(CONTEXT, Sandbox("high", "isolated", "bwrap"), command=saying())
    assert [one.probe.id for one in runner.report().results] == [probe.id for probe in load_all()]
