"""A child's printed word is its answer; no word is unknown, whatever the exit status says."""

import subprocess
import sys
from pathlib import Path

import pytest

from catalyst.audit.inside import attempt
from catalyst.audit.inside.attempt import MAIN, child_command, make, make_all
from catalyst.audit.inside.probe import EVIDENCE_LENGTH, Answer, Context, Probe, denied


def _python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


def _probe(key: str, by_itself: bool = False) -> Probe:
    return Probe(key, "read", key, "general", "identity", (), lambda _: denied("not asked here"), by_itself=by_itself)


def test_the_printed_word_counts() -> None:
    answer = make(_python("print('denied EPERM mount: no'); raise SystemExit(1)"))
    assert answer == Answer("denied", "mount: no", "EPERM")


@pytest.mark.parametrize("code", ["", "raise SystemExit(1)", "print('all well')", "print()"])
def test_no_word_is_unknown(code: str) -> None:
    answer = make(_python(code))
    assert answer.outcome == "unknown"
    assert "without a word" in answer.evidence


def test_a_traceback_is_unknown_and_tells_its_last_line() -> None:
    answer = make(_python("1 / 0"))
    assert answer.outcome == "unknown"
    assert "ZeroDivisionError" in answer.evidence


def test_a_crash_is_unknown() -> None:
    answer = make(_python("import os; os.kill(os.getpid(), 11)"))
    assert answer.outcome == "unknown"
    assert "crashed" in answer.evidence


def test_sigsys_is_seccomps_refusal() -> None:
    answer = make(_python("import os, signal; os.kill(os.getpid(), signal.SIGSYS)"))
    assert answer.outcome == "denied"
    assert "SIGSYS" in answer.evidence


def test_no_answer_in_time_is_unknown_and_the_child_ends() -> None:
    answer = make(_python("import signal; signal.pause()"), timeout=0.1)
    assert answer.outcome == "unknown"
    assert "no answer within 0.1 s" in answer.evidence


def test_a_child_that_cannot_start_is_unknown() -> None:
    assert make(["/nonexistent/python"]).outcome == "unknown"


def test_what_a_child_says_is_bounded() -> None:
    assert len(make(_python("print('allowed - ' + 'x' * 9999)")).evidence) == EVIDENCE_LENGTH


def test_every_probe_is_tried_once_and_those_that_must_be_alone_come_last(tmp_path: Path) -> None:
    log = tmp_path / "log"
    probes = [_probe("one", by_itself=True), _probe("two"), _probe("three")]
    script = f'echo "$0" >> {log}; echo "allowed - $0"'
    answers = {probe.id: answer.evidence for probe, answer in make_all(probes, lambda key: ["/bin/sh", "-c", script, key])}
    assert answers == {"one": "one", "two": "two", "three": "three"}
    order = log.read_text().split()
    assert sorted(order[:2]) == ["three", "two"]
    assert order[2:] == ["one"]


def test_a_file_without_its_probe_stops_the_program() -> None:
    with pytest.raises(ModuleNotFoundError):
        attempt.load("no-such-probe")
    with pytest.raises(TypeError, match="must declare PROBE"):
        attempt.load("--init--")


def test_the_real_child_runs_isolated_from_another_folder(tmp_path: Path) -> None:
    (tmp_path / "catalyst.py").write_text("raise SystemExit('hijacked')")
    argv = child_command(Context(tmp_path, tmp_path, {"models": tmp_path}))("write-models")
    assert argv[1:4] == ["-I", "-S", str(MAIN)]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("allowed - ")


@pytest.mark.parametrize("argv", ["", "--context", "--context [] --probe", "--probe shadow --context []"])
def test_a_wrong_command_line_is_refused(argv: str) -> None:
    done = subprocess.run([sys.executable, "-I", "-S", str(MAIN), *argv.split()], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage" in done.stderr
