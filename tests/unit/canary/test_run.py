"""A child's printed word is its answer; no word is unknown, whatever the exit status says."""

import subprocess
import sys
from pathlib import Path

import pytest
from catalyst.canary.run import MAIN, Runner, child_command, run_child

from catalyst.canary.attempt import Answer, Attempt, Context, denied

CONTEXT = Context(Path("/tmp"), Path("/nonexistent"))


def _python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


def _attempt(key: str) -> Attempt:
    return Attempt(key, "read", f"try {key}", "general", lambda _: denied("not asked here"))


def test_the_printed_word_counts() -> None:
    answer = run_child(_python("print('denied EPERM mount: no'); raise SystemExit(1)"))
    assert answer == Answer("denied", "mount: no", "EPERM")


@pytest.mark.parametrize("code", ["", "raise SystemExit(1)", "print('all well')", "print()"])
def test_no_word_is_unknown(code: str) -> None:
    answer = run_child(_python(code))
    assert answer.outcome == "unknown"
    assert "without a word" in answer.evidence


def test_a_traceback_is_unknown_and_tells_its_last_line() -> None:
    answer = run_child(_python("1 / 0"))
    assert answer.outcome == "unknown"
    assert "ZeroDivisionError" in answer.evidence


def test_a_crash_is_unknown() -> None:
    answer = run_child(_python("import os; os.kill(os.getpid(), 11)"))
    assert answer.outcome == "unknown"
    assert "crashed" in answer.evidence


def test_sigsys_is_seccomps_refusal() -> None:
    answer = run_child(_python("import os, signal; os.kill(os.getpid(), signal.SIGSYS)"))
    assert answer.outcome == "denied"
    assert "SIGSYS" in answer.evidence


def test_no_answer_in_time_is_unknown_and_the_child_ends() -> None:
    answer = run_child(_python("import signal; signal.pause()"), timeout=0.1)
    assert answer.outcome == "unknown"
    assert "no answer within 0.1 s" in answer.evidence


def test_a_child_that_cannot_start_is_unknown() -> None:
    assert run_child(["/nonexistent/python"]).outcome == "unknown"


def test_what_the_level_allows_is_marked_and_the_report_is_kept_for_a_while() -> None:
    asked: list[str] = []

    def command(key: str) -> list[str]:
        asked.append(key)
        return ["/bin/echo", f"allowed - {key}"]

    runner = Runner(CONTEXT, ["one"], (_attempt("one"), _attempt("two")), command)
    report = runner.report()
    assert [(result.attempt.id, result.expected) for result in report.results] == [("one", True), ("two", False)]
    assert runner.report() is report
    assert sorted(asked) == ["one", "two"]
    assert "Uid" in report.identity


def test_an_old_report_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalyst.canary.run.FRESH", 0.0)
    runner = Runner(CONTEXT, (), (_attempt("one"),), lambda _: ["/bin/echo", "denied - x"])
    assert runner.report() is not runner.report()


def test_the_real_child_runs_isolated_from_another_folder(tmp_path: Path) -> None:
    (tmp_path / "catalyst.py").write_text("raise SystemExit('hijacked')")
    argv = child_command(Context(tmp_path, tmp_path, {"models": tmp_path}))("write-models")
    assert argv[1:4] == ["-I", "-S", str(MAIN)]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("allowed - ")
