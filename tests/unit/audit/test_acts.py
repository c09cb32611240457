"""What keeps an act harmless: counts instead of content, nothing left behind, nothing changed."""

import errno
import mmap
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from catalyst.audit.inside import attempt
from catalyst.audit.inside.acts import files, processes, programs
from catalyst.audit.inside.probe import (
    Answer,
    Context,
    allowed,
    denied,
    first_allowed,
    met,
    parse,
    tried,
    unknown,
)

SECRET = "hf_not-to-be-shown"
MARK = f"marked-for-the-test-{os.getpid()}"  # another run of these tests on this machine has victims too
SLEEP = "import sys\nprint(flush=True)\nsys.stdin.read()"


def make(name: str, context: Context) -> Answer:
    """The attempt, in this process."""
    act = attempt.load(name).act
    return tried(lambda: act(context))


@pytest.fixture
def victim() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that waits, with a token in its environment and a marker among its words."""
    argv = [sys.executable, "-I", "-S", "-c", SLEEP, MARK]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"HF_TOKEN": SECRET}) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


@pytest.mark.parametrize("answer", [denied("a b"), allowed("", OSError(errno.EFAULT, "")), unknown("why not")])
def test_an_answer_survives_its_line(answer: Answer) -> None:
    assert parse(answer.line()) == answer


@pytest.mark.parametrize("line", ["", "denied", "denied -", "Denied - x", "deniedEPERM - x", "Traceback (most recent"])
def test_what_is_no_answer_is_none(line: str) -> None:
    assert parse(line) is None


def test_a_line_is_one_line_and_bounded() -> None:
    line = allowed("a\nb\x1b[31m" + "x" * 999).line()
    assert line.startswith("allowed - a?b?[31m")
    assert "\n" not in line
    assert len(line) < 350


@pytest.mark.parametrize(
    "number", [errno.EPERM, errno.EACCES, errno.EROFS, errno.ENOENT, errno.ENOSYS, errno.ENETUNREACH]
)
def test_an_error_that_stops_is_denied_by_name(number: int) -> None:
    answer = met(OSError(number, "x"))
    assert (answer.outcome, answer.errno) == ("denied", errno.errorcode[number])


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EIO, errno.ENOSPC, errno.EAGAIN])
def test_any_other_error_is_unknown(number: int) -> None:
    assert met(OSError(number, "x")).outcome == "unknown"


def _refuse(number: int) -> Answer:
    raise OSError(number, os.strerror(number), f"/{errno.errorcode[number]}")


def test_one_success_is_enough_and_a_doubt_is_not_hidden() -> None:
    refusal = partial(_refuse, errno.EACCES)
    assert first_allowed([refusal, partial(allowed, "in"), partial(unknown, "?")], "").outcome == "allowed"
    assert first_allowed([refusal, partial(unknown, "?")], "").outcome == "unknown"
    assert first_allowed([partial(_refuse, errno.ENOENT), refusal], "").errno == "EACCES"
    assert first_allowed([], "none there") == denied("none there")


def test_an_error_inside_an_attempt_is_its_answer() -> None:
    assert tried(partial(_refuse, errno.EROFS)) == Answer("denied", "/EROFS: Read-only file system", "EROFS")


def test_token_names_never_come_with_values() -> None:
    environ = f"HF_TOKEN={SECRET}\0AWS_SECRET_ACCESS_KEY={SECRET}\0HOME=/x\0MINE={SECRET}\0".encode()
    assert processes.token_names(environ) == ["AWS_SECRET_ACCESS_KEY", "HF_TOKEN"]
    assert processes.token_names(environ, "MINE") == ["AWS_SECRET_ACCESS_KEY", "HF_TOKEN", "MINE"]


def test_own_environment_names_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGINGFACE_TOKEN", SECRET)
    answer = make("own-environment", Context(Path("/tmp"), Path("/nonexistent")))
    assert "HUGGINGFACE_TOKEN" in answer.evidence
    assert SECRET not in answer.evidence


def test_the_victim_is_found_by_a_word_of_its_own(victim: "subprocess.Popen[bytes]") -> None:
    assert processes.find_victim(MARK) == victim.pid
    assert processes.find_victim(MARK[:-1]) is None, "a part of a word is another word"
    answer = make("victim-environment", Context(Path("/tmp"), Path("/x"), {}, {"victim": MARK}))
    assert answer == allowed(f"/proc/{victim.pid}/environ holds HF_TOKEN")


@pytest.mark.parametrize("name", [name for name in attempt.names() if name.startswith("victim-")])
def test_a_victim_keeps_its_life_and_its_limits(name: str, victim: "subprocess.Popen[bytes]") -> None:
    looked = ("limits", "oom_score_adj", "timerslack_ns")
    before = [Path(f"/proc/{victim.pid}/{file}").read_text() for file in looked]
    answer = make(name, Context(Path("/tmp"), Path("/x"), {}, {"victim": MARK, "file": __file__}))
    assert answer.outcome == "allowed" or attempt.load(name).needs_root
    assert [Path(f"/proc/{victim.pid}/{file}").read_text() for file in looked] == before
    assert victim.poll() is None


@pytest.mark.parametrize("name", [name for name in attempt.names() if name.startswith("victim-")])
def test_without_bait_or_out_of_sight(name: str) -> None:
    assert make(name, Context(Path("/tmp"), Path("/x"))) == unknown("no bait was laid")
    gone = Context(Path("/tmp"), Path("/x"), {}, {"victim": "nobody-has-this-word", "file": "/nonexistent"})
    assert make(name, gone) == denied("the host's process is out of sight")


def test_strangers_are_neither_kin_nor_of_this_session(victim: "subprocess.Popen[bytes]") -> None:
    assert victim.pid not in processes.strangers(), "it is of this session"
    assert os.getppid() in processes.ancestors()
    with subprocess.Popen(["sleep", "20"], start_new_session=True) as stranger:
        assert stranger.pid in processes.strangers()
        assert make("signal-others", Context(Path("/tmp"), Path("/x"))).outcome == "allowed"
        assert stranger.poll() is None, "signal 0 sends nothing"
        stranger.kill()


def test_a_secret_file_is_counted_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(SECRET)
    answer = files.count_bytes(file)
    assert answer == allowed(f"{file}: {len(SECRET)} bytes can be read")


def test_a_covered_file_or_folder_is_denied(tmp_path: Path) -> None:
    assert files.count_bytes(Path("/dev/null")).outcome == "denied"
    assert files.count_entry(tmp_path).outcome == "denied"


def test_creating_leaves_nothing_behind(tmp_path: Path) -> None:
    assert files.create_in(tmp_path).outcome == "allowed"
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_opened_and_not_changed(tmp_path: Path) -> None:
    file = tmp_path / "main.py"
    file.write_text("code")
    before = file.stat().st_mtime_ns
    assert files.plant(file).outcome == "allowed"
    assert (file.read_text(), file.stat().st_mtime_ns) == ("code", before)


def test_a_missing_folder_asks_the_one_above(tmp_path: Path) -> None:
    answer = files.plant(tmp_path / "a" / "b" / "c")
    assert answer.outcome == "allowed"
    assert f"made in {tmp_path}, " in answer.evidence
    assert list(tmp_path.iterdir()) == []


def test_a_place_it_was_not_told_of_is_unknown(tmp_path: Path) -> None:
    assert make("write-models", Context(tmp_path, tmp_path)).evidence.startswith("not told")
    assert make("write-models", Context(tmp_path, tmp_path, {"models": tmp_path})).outcome == "allowed"


CODE = "truncate-code", "code-metadata", "nameless-file", "link-to-code", "hard-link-to-code", "write-code"


@pytest.mark.parametrize("name", CODE)
def test_code_that_could_be_altered_is_as_it_was(name: str, tmp_path: Path) -> None:
    code, scratch = tmp_path / "code", tmp_path / "scratch"
    code.mkdir()
    scratch.mkdir()
    file = code / "main.py"
    file.write_text("code")
    file.chmod(0o640)
    before = file.stat()
    assert make_apart(name, scratch, code).outcome == "allowed"
    after = file.stat()
    assert (file.read_text(), after.st_mode, after.st_mtime_ns) == ("code", before.st_mode, before.st_mtime_ns)
    assert (list(scratch.iterdir()), list(code.iterdir())) == ([], [file])


def make_apart(name: str, scratch: Path, code: Path) -> Answer:
    """In a child, since some limit their own process."""
    [(_, answer)] = attempt.make_all([attempt.load(name)], Context(scratch, scratch, {"code": code}))
    return answer


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write what has no write permission")
@pytest.mark.parametrize("name", ["truncate-code", "nameless-file", "link-to-code", "write-code"])
def test_code_that_may_not_be_written_is_denied(name: str, tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "main.py").write_text("code")
    (code / "main.py").chmod(0o400)
    code.chmod(0o500)
    assert make_apart(name, tmp_path, code).outcome == "denied"


WRITERS = (
    "exec-scratch",
    "exec-script",
    "exec-unlinked",
    "exec-by-loader",
    "map-scratch",
    "device-node",
    "immutable-file",
)


@pytest.mark.parametrize("name", WRITERS)
def test_scratch_is_left_empty(name: str, tmp_path: Path) -> None:
    make(name, Context(tmp_path, tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["exec-scratch", "exec-script", "exec-unlinked", "exec-by-python", "exec-memory"])
def test_a_written_program_runs_where_that_is_allowed(name: str, tmp_path: Path) -> None:
    if os.statvfs(tmp_path).f_flag & os.ST_NOEXEC:
        pytest.skip("the temporary folder is mounted noexec")
    assert make(name, Context(tmp_path, tmp_path)).outcome == "allowed"


def test_a_program_that_is_refused_is_denied(tmp_path: Path) -> None:
    file = tmp_path / "program"
    file.write_bytes(programs.program()[0].read_bytes())
    file.chmod(0o600)
    assert tried(lambda: allowed(str(programs.start(str(file), ["program"])))).errno == "EACCES"


def test_the_library_to_copy_can_be_mapped() -> None:
    library = programs.some_library()
    assert library is not None
    with library.open("rb") as file:
        mmap.mmap(file.fileno(), mmap.PAGESIZE, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC).close()
