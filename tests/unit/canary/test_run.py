"""What the program was told becomes a verdict for each answer, and a report is kept for a moment."""

from pathlib import Path

import pytest

from catalyst.audit.inside.attempt import load_all
from catalyst.audit.inside.probe import FROM_HIGH, Context, Probe, denied
from catalyst.canary.run import Runner, Sandbox

CONTEXT = Context(Path("/tmp"), Path("/nonexistent"))


def _probe(key: str, **more: object) -> Probe:
    values = {"id": key, "theme": "read", "title": f"try {key}", "origin": "general", "control": "identity",
              "layers": ("bwrap", "guard"), "act": lambda _: denied("not asked here"), **more}  # fmt: skip
    return Probe(**values)  # type: ignore[arg-type]


def _runner(*probes: Probe, level: str = "normal", engine: str = "bwrap", word: str = "allowed") -> Runner:
    sandbox = Sandbox(level, "isolated", engine)
    return Runner(CONTEXT, sandbox, probes, lambda key: ["/bin/echo", f"{word} - {key}"])


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


def test_results_keep_the_order_of_the_probes_and_those_that_must_be_alone_come_last() -> None:
    report = _runner(_probe("one", by_itself=True), _probe("two")).report()
    assert [one.probe.id for one in report.results] == ["one", "two"]


def test_a_report_is_kept_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = _runner(_probe("one"))
    assert runner.report() is runner.report()
    monkeypatch.setattr("catalyst.canary.run.FRESH", 0.0)
    runner = _runner(_probe("one"))
    assert runner.report() is not runner.report()


def test_by_default_every_probe_is_tried() -> None:
    runner = Runner(CONTEXT, Sandbox("high", "isolated", "bwrap"), command=lambda _: ["/bin/echo", "denied - x"])
    assert [one.probe.id for one in runner.report().results] == [probe.id for probe in load_all()]
