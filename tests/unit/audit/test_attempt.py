"""What an attempt says is its answer; no word is unknown, whatever becomes of the child that made it."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from catalyst.audit.inside import attempt
from catalyst.audit.inside.attempt import MAIN, command, make_all
from catalyst.audit.inside.probe import EVIDENCE_LENGTH, Answer, Context, Probe, allowed, denied, unknown

WHERE = Context(Path("/tmp"), Path("/nonexistent"))


def probe(act: Callable[[], Answer], key: str = "one", by_itself: bool = False) -> Probe:
    return Probe(key, "read", key, "general", "identity", (), lambda _: act(), by_itself=by_itself)


def made(act: Callable[[], Answer]) -> Answer:
    [(_, answer)] = make_all([probe(act)], WHERE)
    return answer


def end(number: signal.Signals) -> Answer:
    os.kill(os.getpid(), number)
    signal.pause()
    return unknown("not reached")


def test_the_word_counts() -> None:
    assert made(lambda: Answer("denied", "mount: no", "EPERM")) == Answer("denied", "mount: no", "EPERM")


def test_an_error_of_the_kernel_is_an_answer() -> None:
    assert made(lambda: allowed(Path("/nonexistent").read_text())).errno == "ENOENT"


def test_an_exception_is_unknown_and_named() -> None:
    answer = made(lambda: allowed(str(1 // 0)))
    assert answer.outcome == "unknown"
    assert "ZeroDivisionError" in answer.evidence


def test_a_crash_is_unknown() -> None:
    answer = made(lambda: end(signal.SIGUSR1))
    assert answer.outcome == "unknown"
    assert "without a word" in answer.evidence


def test_sigsys_is_seccomps_refusal() -> None:
    answer = made(lambda: end(signal.SIGSYS))
    assert answer.outcome == "denied"
    assert "SIGSYS" in answer.evidence


def test_no_answer_in_time_is_unknown_and_what_it_started_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def linger() -> Answer:
        child = os.fork()
        if child:
            (tmp_path / "pid").write_text(str(child))
        signal.pause()
        return allowed("not reached")

    monkeypatch.setattr(attempt, "TIMEOUT", 0.3)
    assert made(linger) == unknown("no answer in time")
    child, patience = int((tmp_path / "pid").read_text()), time.monotonic() + 5
    while state(child) not in {"", "Z"}:
        assert time.monotonic() < patience, "its child goes on"
        time.sleep(0.02)


def state(pid: int) -> str:
    """One letter (proc_pid_stat(5)), empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def test_what_a_child_says_is_bounded() -> None:
    assert len(made(lambda: allowed("x" * 9999)).evidence) == EVIDENCE_LENGTH


def test_what_an_attempt_changes_of_itself_ends_with_it() -> None:
    before = Path.cwd(), os.umask(0o022)
    os.umask(before[1])

    def change() -> Answer:
        os.chdir("/")
        os.umask(0o777)
        return allowed("changed")

    assert made(change) == allowed("changed")
    assert (Path.cwd(), os.umask(before[1])) == before


def test_those_that_must_be_alone_come_last_and_one_by_one(tmp_path: Path) -> None:
    def act(key: str) -> Callable[[], Answer]:
        def log() -> Answer:
            busy = tmp_path / f"busy-{key}"
            busy.touch()
            beside = len(list(tmp_path.glob("busy-*")))
            time.sleep(0.1)
            busy.unlink()
            return allowed(str(beside))

        return log

    probes = [probe(act(key), key, by_itself=key.startswith("alone")) for key in ("alone-1", "two", "alone-3", "four")]
    answers = [(one.id, answer) for one, answer in make_all(probes, WHERE)]
    assert sorted(name for name, _ in answers[:2]) == ["four", "two"]
    assert answers[2:] == [("alone-1", allowed("1")), ("alone-3", allowed("1"))]


def test_a_file_without_its_probe_stops_the_program() -> None:
    with pytest.raises(ModuleNotFoundError):
        attempt.load("no-such-probe")
    with pytest.raises(TypeError, match="must declare PROBE"):
        attempt.load("--init--")


def test_the_real_program_runs_isolated_from_another_folder(tmp_path: Path) -> None:
    (tmp_path / "catalyst.py").write_text("raise SystemExit('hijacked')")
    argv = command(Context(tmp_path, tmp_path, {"models": tmp_path}))
    assert argv[1:4] == ["-I", "-S", str(MAIN)]
    argv += ["--only", "write-models"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    said = json.loads(done.stdout)
    assert (said["id"], said["outcome"]) == ("write-models", "allowed")


@pytest.mark.parametrize("words", ["", "--context", "--context [] --only", "--only shadow --context []"])
def test_a_wrong_command_line_is_refused(words: str) -> None:
    argv = [sys.executable, "-I", "-S", str(MAIN), *words.split()]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage" in done.stderr


def test_denied_is_no_error() -> None:
    assert made(lambda: denied("nothing there")) == denied("nothing there")


def test_an_attempt_ends_with_who_asked_for_it(tmp_path: Path) -> None:
    """Killed, the runner can end nobody; root's attempts must not go on unconfined."""
    told = tmp_path / "pid"

    def wait() -> Answer:
        told.write_text(str(os.getpid()))
        time.sleep(5)
        return allowed("not reached")

    runner = os.fork()
    if runner == 0:
        list(make_all([probe(wait)], WHERE))
        os._exit(0)
    end = time.monotonic() + 5
    while not (told.exists() and told.read_text()):
        assert time.monotonic() < end
        time.sleep(0.01)
    attempt = os.pidfd_open(int(told.read_text()))
    os.kill(runner, signal.SIGKILL)
    os.waitpid(runner, 0)
    assert select.select([attempt], [], [], 2)[0], "it goes on"
    os.close(attempt)
