"""What is not what it claims to be is an error with its line, exit code 2, and never a pass."""

import subprocess
from pathlib import Path

import pytest

from catalyst.audit import find
from catalyst.audit.facts import Text
from catalyst.audit.run import run
from catalyst.audit.subjects import documents
from catalyst.errors import CatalystError
from malformed import COMPOSE, FILES, POD
from support import COMMAND, own_environment


@pytest.mark.parametrize(("name", "data", "line"), FILES, ids=range(len(FILES)))
def test_malformed(tmp_path: Path, name: str, data: bytes, line: int) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(CatalystError) as caught:
        find.files([str(file)])
    assert caught.value.exit_code == 2
    message = str(caught.value)
    assert name in message
    assert f"{name}:{line}:" in message if line else f"{name}:" in message or name in message
    assert message.isprintable()
    assert caught.value.hint


def test_there_are_enough_of_them() -> None:
    assert len(FILES) >= 60


def test_the_program_says_so(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_bytes(b"services:\n\tcomfyui:\n")
    done = subprocess.run([*COMMAND, "audit", str(file)], env=own_environment(), capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"catalyst: error: {file}:2: ")


def test_in_a_folder_it_is_not_done_and_says_so(tmp_path: Path) -> None:
    """One broken file does not keep the others from being looked at, and the whole is not complete."""
    (tmp_path / "compose.yaml").write_bytes(b"services:\n\tcomfyui:\n")
    (tmp_path / "Dockerfile").write_bytes(b"FROM scratch\n")
    found = find.files([str(tmp_path)])
    assert [one.kind for one in found] == ["dockerfile", "folder"]
    assert "compose.yaml" in found[1].undone[0]


@pytest.mark.parametrize("change", [
    lambda data: data.replace(b"\n", b"\r\n"), lambda data: b"\xef\xbb\xbf" + data,
                                    lambda data: b"---\n" + data + b"...\n",
    lambda data: b"# words\n\n" + data, lambda data: data + b"\n\n\n",
], ids=["CRLF", "BOM", "markers", "comments", "empty lines"])  # fmt: skip
@pytest.mark.parametrize(("name", "data"),
                         [("compose.yaml", COMPOSE), ("pod.yaml", POD), ("Dockerfile", b"FROM a:1\nRUN x\n")])
def test_what_is_only_written_otherwise_is_the_same(tmp_path: Path, name: str, data: bytes, change: object) -> None:
    if name == "Dockerfile" and b"---" in change(b""):  # type: ignore[operator]  # a function, by the list above
        pytest.skip("a Dockerfile has no markers of documents")
    answers = []
    for text in (data, change(data)):  # type: ignore[operator]  # a function, by the list above
        file = tmp_path / name
        file.write_bytes(text)
        answers.append([(row.check.id, type(row.outcome)) for row in run(find.files([str(file)]))])
    assert answers[0] == answers[1]


def test_values_are_what_yaml_says() -> None:
    text = "a: true\nb: 'true'\nc: 1\nd: '1'\ne: ~\nf: 0x10\ng: 1.5\nh: yes\ni: 007\nj: 0o17\nk:\n"
    (found,) = documents.parse(text, "x")
    assert dict(found) == {"a": True, "b": "true", "c": 1, "d": "1", "e": None, "f": 16, "g": 1.5, "h": "yes", "i": 7,
                           "j": 15,
                           "k": None}  # fmt: skip
    assert found.lines == {key: number for number, key in enumerate("abcdefghijk", 1)}


def test_merge_keys_and_aliases() -> None:
    (found,) = documents.parse("x: &x {user: root, image: a}\nservices:\n  a:\n    <<: *x\n    user: '1'\n", "x")
    assert dict(found["services"]["a"]) == {"user": "1", "image": "a"}


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "compose.yaml")
    with pytest.raises(CatalystError, match="not a regular file"):
        find.files([str(tmp_path / "compose.yaml")])


def test_the_text_goes_with_the_facts(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_bytes(COMPOSE)
    (tmp_path / ".trivyignore").write_text("DS-0002\n")
    (subject,) = find.files([str(tmp_path / "compose.yaml")])
    (text,) = [one for one in subject.facts if isinstance(one, Text)]
    assert text.beside == (str(tmp_path / ".trivyignore"),)
