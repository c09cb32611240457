"""`extends` and `include` of other files: followed inside the folder, else named, and then nothing counts as held."""

from pathlib import Path

import pytest

from catalyst.audit import find
from catalyst.audit.model import Broken, Held, Unknown
from catalyst.audit.report.summary import Report, exit_code
from catalyst.audit.run import Row, Subject, run
from catalyst.errors import CatalystError

GOOD = ("image: a@sha256:" + "0" * 64 + "\n    user: '1000:1000'\n    cap_drop: [ALL]\n    read_only: true\n"
        "    security_opt: [no-new-privileges:true]\n")  # fmt: skip


def audit(folder: Path, *names: str) -> tuple[list[Subject], list[Row]]:
    subjects = find.files([str(folder / name) for name in names or ("compose.yaml",)])
    return subjects, list(run(subjects))


def outcomes(rows: list[Row], check: str, part: str = "s") -> list[type]:
    return [type(row.outcome) for row in rows if row.check.id == check and row.part == part]


def places(rows: list[Row], check: str) -> list[tuple[str, int]]:
    return [(Path(row.subject.name).name, place.line) for row in rows if row.check.id == check
            and isinstance(row.outcome, Broken) for place in row.outcome.at]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The project's own folder; what lies beside it is elsewhere."""
    made = tmp_path / "project"
    (made / "sub").mkdir(parents=True)
    return made


def test_extends_of_a_file_is_followed(folder: Path) -> None:
    (folder / "compose.yaml").write_text(
        "services:\n  s:\n    extends: {file: sub/base.yaml, service: b}\n    read_only: true\n")
    (folder / "sub/base.yaml").write_text(
        "\n\n\n\nservices:\n  b:\n    image: a\n    extends: c\n  c:\n    privileged: true\n    read_only: false\n"
        "    volumes: [../x:/x, ./y:/y]\n    build: here\n")
    subjects, rows = audit(folder)
    assert outcomes(rows, "container-privileged") == [Broken]
    assert outcomes(rows, "container-read-only") == [Held]
    assert places(rows, "container-privileged") == [("compose.yaml", 3)]  # the line that asks for it
    assert subjects[0].undone == ()
    facts = subjects[0].facts[0]
    assert [mount.source for mount in facts.mounts] == ["./sub/../x", "./sub/y"]
    assert facts.build == str(folder / "sub/here/Dockerfile")


@pytest.mark.parametrize("file", ["../base.yaml", "missing.yaml", "link.yaml", "broken.yaml", "pipe", "${UNSET}/b.yaml",
                                  "https://example.org/b.yaml", "other.yaml"])  # fmt: skip
def test_extends_that_is_not_followed_holds_nothing(folder: Path, file: str) -> None:
    import os

    (folder / "compose.yaml").write_text(f"services:\n  s:\n    {GOOD}    ipc: host\n    extends:\n      file: '{file}'\n"
                                         f"      service: b\n  t:\n    {GOOD}")  # fmt: skip
    (folder.parent / "base.yaml").write_text("services:\n  b:\n    security_opt: [seccomp:unconfined]\n")
    (folder / "link.yaml").symlink_to("../base.yaml")
    (folder / "broken.yaml").write_text("services:\n\tb:\n")
    (folder / "other.yaml").write_text("services: {c: {image: a}}")
    os.mkfifo(folder / "pipe")
    (subject,), rows = audit(folder)
    mine = [row for row in rows if row.part == "s"]
    assert not [row for row in mine if isinstance(row.outcome, Held)]
    assert outcomes(rows, "container-seccomp") == [Unknown]
    assert outcomes(rows, "container-host-ipc") == [Broken]
    assert outcomes(rows, "container-seccomp", "t") == [Held]
    assert len(subject.undone) == 1
    assert exit_code(Report(tuple(row for row in rows if not isinstance(row.outcome, Broken)), (subject,)),
                     allow_incomplete=False) == 3  # fmt: skip


@pytest.mark.parametrize("written", [
    "include: [more.yaml]", "include:\n  - path: more.yaml", "include:\n  - {path: [more.yaml]}", "include: [outer.yaml]",
])  # fmt: skip
def test_include_is_followed(folder: Path, written: str) -> None:
    (folder / "compose.yaml").write_text(
        f"{written}\nservices:\n  s:\n    image: a\n    networks: [n]\n    volumes: [v:/x]\n")
    (folder / "outer.yaml").write_text("include: [more.yaml]\n")
    (folder / "more.yaml").write_text(
        "services:\n  m:\n    image: a\n    privileged: true\nnetworks: {n: {driver: host}}\n"
        "volumes: {v: {driver_opts: {o: bind, device: /etc}}}\n")
    subjects, rows = audit(folder)
    assert {Path(one.name).name for one in subjects} - {"outer.yaml"} == {"compose.yaml", "more.yaml"}
    assert outcomes(rows, "container-privileged", "m") == [Broken]
    assert places(rows, "container-privileged") == [("more.yaml", 4)]
    assert outcomes(rows, "container-host-network") == [Broken]
    assert outcomes(rows, "container-sensitive-mount") == [Broken]
    assert not [one for one in subjects if one.undone]


@pytest.mark.parametrize("written", [
    "include: [../more.yaml]", "include: [missing.yaml]", "include: ['${UNSET}.yaml']", "include: ['git@example.org:x/y']",
    "include:\n  - {path: more.yaml, env_file: e}", "include:\n  - path: [more.yaml, compose.yaml]", "include: {path: x}",
    "include:\n  - {}",
])  # fmt: skip
def test_include_that_is_not_followed_holds_nothing(folder: Path, written: str) -> None:
    (folder / "compose.yaml").write_text(f"{written}\nservices:\n  s:\n    {GOOD}    pid: host\n")
    (folder / "more.yaml").write_text("services: {m: {image: a}}\n")
    (subject,), rows = audit(folder)
    assert not [row for row in rows if isinstance(row.outcome, Held) and row.part == "s"]
    assert outcomes(rows, "container-host-processes") == [Broken]
    assert len(subject.undone) == 1
    assert "is not followed" in subject.undone[0]


def test_the_includers_variables_win(folder: Path) -> None:
    (folder / "compose.yaml").write_text("include: [sub/more.yaml]\n")
    (folder / ".env").write_text("WHO=root\n")
    (folder / "sub/.env").write_text("WHO=1000\n")
    (folder / "sub/more.yaml").write_text("services:\n  m:\n    image: a\n    user: '${WHO:-1000}'\n")
    _, rows = audit(folder)
    assert outcomes(rows, "container-user", "m") == [Broken]
    _, rows = audit(folder, "sub/more.yaml")
    assert outcomes(rows, "container-user", "m") == [Held]
    _, rows = audit(folder, "compose.yaml", "sub/more.yaml")  # it may be started alone, too
    assert outcomes(rows, "container-user", "m") == [Held, Broken]


def test_each_file_once(folder: Path) -> None:
    (folder / "compose.yaml").write_text("include: [a.yaml, ./a.yaml]\nservices: {s: {image: a}}\n")
    (folder / "a.yaml").write_text("include: [compose.yaml]\nservices: {t: {image: a}}\n")
    subjects = find.files([str(folder)])
    assert sorted(Path(one.name).name for one in subjects) == ["a.yaml", "compose.yaml"]
    subjects, _ = audit(folder)
    assert sorted(Path(one.name).name for one in subjects) == ["a.yaml", "compose.yaml"]


def test_a_circle_of_files_is_refused(folder: Path) -> None:
    (folder / "compose.yaml").write_text("services:\n  s:\n    extends: {file: b.yaml, service: s}\n")
    (folder / "b.yaml").write_text("services:\n  s:\n    extends: {file: compose.yaml, service: s}\n")
    with pytest.raises(CatalystError) as caught:
        audit(folder)
    assert caught.value.exit_code == 2


def test_a_bomb_of_services_is_refused(folder: Path) -> None:
    """Each of twenty files doubles the list of the one below; nothing is read without an end."""
    (folder / "compose.yaml").write_text("services:\n  s:\n    extends: {file: f0.yaml, service: s}\n")
    for number in range(30):
        (folder / f"f{number}.yaml").write_text(
            f"services:\n  s:\n    extends: {{file: f{number + 1}.yaml, service: s}}\n    devices: [a, b]\n")
    with pytest.raises(CatalystError, match="or itself"):
        audit(folder)


def test_a_part_may_hold_networks_alone_and_a_broken_one_is_not_done(folder: Path) -> None:
    (folder / "compose.yaml").write_text("include: [nets.yaml, odd.yaml]\nservices: {s: {image: a, networks: [n]}}\n")
    (folder / "nets.yaml").write_text("networks: {n: {driver: host}}\n")
    (folder / "odd.yaml").write_text("services: {x: 5}\n")
    subjects, rows = audit(folder)
    assert outcomes(rows, "container-host-network") == [Broken]
    assert "odd.yaml could not be read" in subjects[0].undone[0]
