"""The runner, exceptions, and every form of a report."""

import datetime as dt
import json
import subprocess
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from catalyst.audit import accept
from catalyst.audit.facts import Container, Exceptions
from catalyst.audit.model import Broken, Check, Held, NotApplicable, Outcome, Unknown, broken, known
from catalyst.audit.report import document, junit, page, sarif
from catalyst.audit.report.summary import Report, counts, exit_code
from catalyst.audit.run import Row, Subject, checks, run
from catalyst.errors import SettingsError
from catalyst.severity import Severity
from support import COMMAND, own_environment

NASTY = "a\x1b[31m<script>\u202e&\"'\n]]>"
TODAY = dt.date(2026, 6, 1)
COMPOSE = "services:\n  comfyui:\n    image: a:1\n    privileged: true\n    ports: ['8188:8188']\n"


def check(severity: Severity, answer: Outcome | Exception) -> Check:
    def test(_: Container) -> Outcome:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Check(f"made-{severity.name.lower()}", "audit", severity, "a title", "Because.", {"": "fix"}, ("CWE-1",),
                 Container,
                 "compose", ("",), ("",), test)  # fmt: skip


def report(*answers: tuple[Severity, Outcome | Exception], undone: tuple[str, ...] = ()) -> Report:
    subject = Subject("compose", "compose.yaml", (Container(name="a"),), undone, "compose.yaml")
    return Report(run([subject], [check(*one) for one in answers]), (subject,))


LOW, MEDIUM, HIGH, CRITICAL = Severity
FINE: tuple[Severity, Outcome] = (LOW, Held("fine"))


@pytest.mark.parametrize(("answers", "undone", "code", "allowed"), [
    ([FINE], (), 0, 0), ([], (), 3, 3), ([(LOW, NotApplicable("x"))], (), 3, 3), ([FINE, (HIGH, Unknown("x"))], (), 3, 0),
    ([FINE], ("a part",), 3, 0), ([(LOW, broken("x")), FINE], (), 11, 11), ([(MEDIUM, broken("x"))], (), 12, 12),
    ([(HIGH, broken("x")), (LOW, broken("y"))], (), 13, 13),
                                                                    ([(CRITICAL, broken("x")), (HIGH, Unknown("y"))],
                                                                     ("z",), 14, 14),
    ([(HIGH, ZeroDivisionError(NASTY))], (), 13, 13), ([(HIGH, Broken(()))], (), 13, 13),
                                                                    ([(HIGH, RecursionError())], (), 13, 13),
])  # fmt: skip
def test_exit_codes(answers: list[tuple[Severity, Outcome]], undone: tuple[str, ...], code: int, allowed: int) -> None:
    made = report(*answers, undone=undone)
    assert exit_code(made, allow_incomplete=False) == code
    assert exit_code(made, allow_incomplete=True) == allowed


def test_a_missing_fact_is_unknown_and_a_crash_a_finding() -> None:
    def test(_: Container) -> Outcome:
        known(None, "it is not there")
        return Held("never")

    made = Check("x", "audit", LOW, "t", "W.", {"": "f"}, (), Container, "compose", (), (), test)
    (row,) = run([Subject("compose", "c", (Container(),))], [made])
    assert row.outcome == Unknown("it is not there")
    (row,) = report((LOW, KeyError("k"))).rows
    assert "crashed" in row.outcome.at[0].evidence  # type: ignore[union-attr]  # a crash is broken


def test_counts_weigh_nothing() -> None:
    made = report((LOW, Broken((broken("a").at[0], broken("b").at[0]))), (HIGH, broken("c")), *[FINE] * 50)
    assert counts(made) | {"low": 2, "high": 1, "held": 50, "critical": 0, "medium": 0} == counts(made)


def entry(**changes: object) -> dict[str, object]:
    return {"id": "made-low", "reason": "it is so", "until": dt.date(2026, 6, 1), **changes}


def exceptions(*tables: dict[str, object]) -> Exceptions:
    return accept.read(tables, frozenset({"made-low"}), TODAY, "catalyst.toml")


@pytest.mark.parametrize(("change", "accepted"), [
    ({}, True), ({"until": "2026-06-01"}, True), ({"until": dt.date(2026, 5, 31)}, False), ({"id": "made-high"}, False),
    ({"subject": "compose.yaml"}, True), ({"subject": "*.yaml:a"}, True), ({"subject": "other.yaml"}, False),
])  # fmt: skip
def test_exceptions(change: dict[str, object], accepted: bool) -> None:
    rows = accept.apply(report((LOW, broken("x"))).rows, exceptions(entry(**change)))
    assert bool(rows[0].accepted) == accepted
    assert exit_code(Report(rows, ()), allow_incomplete=False) == (0 if accepted else 11)


@pytest.mark.parametrize("change", [
    {"reason": ""}, {"until": None}, {"until": "soon"}, {"until": dt.datetime(2027, 1, 1, tzinfo=dt.UTC)}, {"id": 5},
                                    {"ids": "x"},
    {"reason": "a\nb"},
])  # fmt: skip
def test_an_exception_without_reason_or_day_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        exceptions(entry(**change))


def test_an_exception_for_one_of_several_findings() -> None:
    rows = report((LOW, Broken((broken("CVE-2099-0001 in a").at[0], broken("CVE-2099-0002 in b").at[0])))).rows
    applied = accept.apply(rows, exceptions(entry(id="CVE-2099-0001")))
    assert [bool(row.accepted) for row in applied] == [True, False]


def test_what_is_over_is_a_finding_and_cannot_be_accepted() -> None:
    found = exceptions(entry(until=dt.date(2026, 5, 1)), entry(id="exception-expired"), entry(id="no-such-check"))
    subjects = accept.subject(found)
    rows = accept.apply(run(subjects), found)
    assert {row.check.id for row in rows if isinstance(row.outcome, Broken)} == {"exception-expired", "exception-unknown"}
    assert not any(row.accepted for row in rows)


@pytest.fixture(scope="module")
def nasty() -> Report:
    subject = Subject("compose", f"{NASTY}.yaml", (Container(name=NASTY),), (NASTY,), f"{NASTY}.yaml")
    rows = run([subject], [check(level, answer) for level, answer in (
        (LOW, broken(NASTY, 3)), (HIGH, broken(NASTY)), (MEDIUM, Held(NASTY)), (CRITICAL, Unknown(NASTY)))])  # fmt: skip
    return Report((*rows, Row(check(LOW, broken("x")), subject, "", broken("accepted"), NASTY)), (subject,))


def test_sarif(nasty: Report) -> None:
    run_ = json.loads(sarif.sarif(nasty))["runs"][0]
    assert [one["ruleId"] for one in run_["results"]] == ["made-high", "made-low", "made-low"]
    assert run_["results"][-1]["suppressions"][0]["kind"] == "external"
    assert len(run_["invocations"][0]["toolExecutionNotifications"]) == 2
    for rule in run_["tool"]["driver"]["rules"]:
        assert 0 < float(rule["properties"]["security-severity"]) < 10
        assert rule["help"]["text"]
    for result in run_["results"]:
        place = result["locations"][0]["physicalLocation"]
        assert place["region"]["startLine"] >= 1
        assert "\n" not in place["artifactLocation"]["uri"]
        assert result["partialFingerprints"]["primaryLocationLineHash"]


def test_every_check_is_a_rule_that_github_takes() -> None:
    for one in checks():
        rule = sarif._rule(one)
        assert len(rule["fullDescription"]["text"]) <= 1024
        assert len(rule["properties"]["tags"]) <= 20
        assert rule["shortDescription"]["text"]


def test_junit(nasty: Report) -> None:
    (suite,) = ET.fromstring(junit.junit(nasty))
    assert suite.attrib | {"tests": "6", "failures": "2", "skipped": "3"} == suite.attrib
    assert [len(case) for case in suite] == [1, 1, 0, 1, 1, 1]


def test_the_page_is_whole_and_harmless(nasty: Report) -> None:
    text = page.page(nasty)
    opened: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag not in {"script", "img", "link", "iframe", "object"}
            assert not any(name.startswith(("on", "src", "href")) for name, _ in attrs)
            if tag != "meta":
                opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

    Reader().feed(text)
    assert opened == []
    assert "default-src 'none'" in text


def test_json(nasty: Report) -> None:
    found = document.document(nasty, allow_incomplete=False)
    assert found["exit_code"] == 13
    assert len(found["findings"]) == 2
    assert len(found["accepted"]) == 1
    assert {one["outcome"] for one in found["rest"]} == {"held", "unknown"}


def audit(folder: Path, *words: str, standard: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, "audit", f"--data={folder}/data", *words], env=own_environment(), cwd=folder,
                          input=standard,
                          capture_output=True, text=True, timeout=120)  # fmt: skip


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    done = audit(tmp_path, "--sarif", "a.sarif", "--junit", "a.xml", "--html", "a.html", "--linters=none")
    assert done.returncode == 14, done.stderr
    assert "compose.yaml:4" in done.stdout
    assert {file.name for file in tmp_path.glob("a.*")} == {"a.sarif", "a.xml", "a.html"}
    said: dict[str, Any] = json.loads(audit(tmp_path, "--json", "compose.yaml").stdout)
    assert said["exit_code"] == 14
    assert said["counts"]["critical"] >= 2


def test_nothing_here_is_no_audit(tmp_path: Path) -> None:
    done = audit(tmp_path)
    assert done.returncode == 3
    assert done.stderr.startswith("catalyst: error: no audit was performed")
    assert audit(tmp_path, "--allow-incomplete").returncode == 3


def test_manifests_on_standard_input(tmp_path: Path) -> None:
    done = audit(tmp_path, "--json", "-",
                 standard="apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a}]}\n")
    assert done.returncode == 13
    assert {one["part"] for one in json.loads(done.stdout)["findings"]} >= {"Pod/a", "Pod/a/a"}


def test_exceptions_of_the_settings_file(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    before = json.loads(audit(tmp_path, "--json").stdout)["counts"]
    (tmp_path / "catalyst.toml").write_text(
        'security_level = "high"\n[[accept]]\nid = "container-privileged"\nreason = "it is so"\nuntil = 2999-01-01\n')
    (tmp_path / "catalyst.toml").chmod(0o600)
    after = json.loads(audit(tmp_path, "--json").stdout)["counts"]
    assert after["accepted"] == 1
    assert after["critical"] == before["critical"] - 1
    shown = subprocess.run([*COMMAND, "policy", "show"], env=own_environment(), cwd=tmp_path, capture_output=True,
                           text=True)
    assert shown.returncode == 0, shown.stderr


def test_others_may_not_write_the_exceptions(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    (tmp_path / "catalyst.toml").write_text('[[accept]]\nid = "x"\nreason = "y"\nuntil = 2999-01-01\n')
    (tmp_path / "catalyst.toml").chmod(0o666)
    assert audit(tmp_path).returncode == 4


@pytest.mark.parametrize("words",
                         [("--kubernetes", "1.20", "."), ("container",), ("image",), ("no-such-file",), ("notes.txt",)])
def test_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    done = audit(tmp_path, *words)
    assert done.returncode in {2, 4}
    assert done.stderr.startswith("catalyst: error: ")
    assert "hint: " in done.stderr
