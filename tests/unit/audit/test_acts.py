"""The table, and what keeps an attempt harmless: counts instead of content, nothing left behind, nothing changed."""

import errno
import os
import re
from functools import partial
from pathlib import Path

import pytest

from catalyst.canary.attempt import Answer, Context, allowed, denied, first_allowed, met, parse, tried, unknown
from catalyst.canary.attempts import ATTEMPTS, THEMES, kernel, network, read, sockets, write
from catalyst.canary.main import attempt_here, main
from catalyst.canary.native import NUMBERS, UnknownMachine

SECRET = "hf_not-to-be-shown"


def test_ids_are_unique_and_plain() -> None:
    ids = [attempt.id for attempt in ATTEMPTS]
    assert len(ids) == len(set(ids)) >= 30
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key) for key in ids)


def test_every_attempt_has_a_theme_a_title_and_an_origin() -> None:
    assert {attempt.theme for attempt in ATTEMPTS} == set(THEMES)
    assert all(attempt.title and attempt.origin for attempt in ATTEMPTS)
    assert all(re.fullmatch(r"general|(I\d+|CVE-\d+-\d+)(, (I\d+|CVE-\d+-\d+))*", one.origin) for one in ATTEMPTS)


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


def test_token_names_never_come_with_values() -> None:
    environ = f"HF_TOKEN={SECRET}\0AWS_SECRET_ACCESS_KEY={SECRET}\0HOME=/x\0CIVITAI_TOKEN={SECRET}\0".encode()
    assert read.token_names(environ) == ["AWS_SECRET_ACCESS_KEY", "CIVITAI_TOKEN", "HF_TOKEN"]


def test_own_environment_names_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGINGFACE_TOKEN", SECRET)
    line = attempt_here("own-environment", Context(Path("/tmp"), Path("/nonexistent")))
    assert "HUGGINGFACE_TOKEN" in line
    assert SECRET not in line


def test_a_secret_file_is_counted_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(SECRET)
    answer = read.count_bytes(file)
    assert answer.outcome == "allowed"
    assert f"{len(SECRET)} bytes" in answer.evidence
    assert SECRET not in answer.evidence


def test_a_covered_file_or_folder_is_denied(tmp_path: Path) -> None:
    assert read.count_bytes(Path("/dev/null")).outcome == "denied"
    assert read.count_entry(tmp_path).outcome == "denied"


def test_creating_leaves_nothing_behind(tmp_path: Path) -> None:
    assert write.create_in(tmp_path).outcome == "allowed"
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_opened_and_not_changed(tmp_path: Path) -> None:
    file = tmp_path / "main.py"
    file.write_text("code")
    before = file.stat().st_mtime_ns
    assert write.plant(file).outcome == "allowed"
    assert (file.read_text(), file.stat().st_mtime_ns) == ("code", before)


def test_a_missing_folder_asks_the_one_above(tmp_path: Path) -> None:
    answer = write.plant(tmp_path / "a" / "b" / "c")
    assert answer.outcome == "allowed"
    assert f"made in {tmp_path}, " in answer.evidence
    assert list(tmp_path.iterdir()) == []


def test_a_place_it_was_not_told_of_is_unknown(tmp_path: Path) -> None:
    assert attempt_here("write-models", Context(tmp_path, tmp_path)).startswith("unknown - not told")
    told = Context(tmp_path, tmp_path, {"models": tmp_path})
    assert attempt_here("write-models", told).startswith("allowed - ")


@pytest.mark.parametrize("key", ["exec-scratch", "map-scratch", "device-node", "immutable-file"])
def test_scratch_is_left_empty(key: str, tmp_path: Path) -> None:
    attempt_here(key, Context(tmp_path, tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_written_program_runs_where_that_is_allowed(tmp_path: Path) -> None:
    if os.statvfs(tmp_path).f_flag & os.ST_NOEXEC:
        pytest.skip("the temporary folder is mounted noexec")
    assert attempt_here("exec-scratch", Context(tmp_path, tmp_path)).startswith("allowed - ")


@pytest.mark.parametrize(
    ("number", "outcome"), [("EPERM", "denied"), ("ENOSYS", "denied"), ("EFAULT", "allowed"), ("EINVAL", "allowed")]
)
def test_a_fault_in_the_arguments_means_the_kernel_was_reached(number: str, outcome: str) -> None:
    answer = kernel.reached("call", partial(_refuse_call, getattr(errno, number)))
    assert (answer.outcome, answer.errno) == (outcome, number)


def _refuse_call(number: int) -> int:
    raise OSError(number, "x")


def test_a_processor_without_numbers_is_unknown() -> None:
    def ask() -> int:
        raise UnknownMachine("m68k")

    assert kernel.reached("call", ask).outcome == "unknown"
    assert all(len(numbers) == 2 for numbers in NUMBERS.values())


def test_network_targets_are_literal_and_belong_to_nobody() -> None:
    assert {network.METADATA[0], network.NOWHERE[0], network.POOL[0], network.HYSTERIA[0]} == {
        "169.254.169.254", "192.0.2.1"
    }  # fmt: skip


def test_a_unix_socket_that_answers_is_allowed(tmp_path: Path) -> None:
    import socket

    path = str(tmp_path / "docker.sock")
    with pytest.raises(FileNotFoundError):
        sockets.knock(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(path)
        door.listen()
        assert sockets.knock(path).outcome == "allowed"


def test_an_error_inside_an_attempt_is_its_answer() -> None:
    assert tried(partial(_refuse, errno.EROFS)) == Answer("denied", "/EROFS: Read-only file system", "EROFS")


@pytest.mark.parametrize(
    "argv", [["--expect", "nonsense"], ["--place", "models"], ["--place", "models=x"], ["--exp=x"]]
)
def test_bad_arguments_are_refused(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(argv)
    assert "error" in capsys.readouterr().err
