"""The Pod Security Standards, baseline and restricted, on pods of our own and, where they are, on the upstream
fixtures."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

import pod_fixtures as pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import Broken
from catalyst.audit.run import checks, outcome_of
from catalyst.audit.subjects import kubernetes

LEVELS = ("PSS baseline:", "PSS restricted:")
STANDARD = [check for check in checks() if check.about is Pod and any(one.startswith(LEVELS) for one in check.references)]
BASELINE = [check for check in STANDARD if any(one.startswith("PSS baseline:") for one in check.references)]
UPSTREAM = os.environ.get("CATALYST_TEST_PSS", "")


def refused(manifest: bytes, among: list[Any], version: tuple[int, int] = kubernetes.NEWEST) -> list[str]:
    facts = kubernetes.read(manifest, "pod.yaml", version).facts[0]
    return [check.id for check in among if isinstance(outcome_of(check, facts), Broken)]


def name_of(value: Any) -> str:
    return value if isinstance(value, str) else ""


def text(pod: dict[str, Any]) -> bytes:
    return json.dumps(pod).encode()


def test_every_check_of_the_standard_is_here() -> None:
    """As many as upstream has (policy/check_*.go of kubernetes/pod-security-admission, 1.37)."""
    assert (len(BASELINE), len(STANDARD)) == (12, 19)


@pytest.mark.parametrize(("name", "pod"), [*pods.refused_by_baseline()], ids=name_of)
def test_baseline_refuses(name: str, pod: dict[str, Any]) -> None:
    assert refused(text(pod), BASELINE)


@pytest.mark.parametrize(("name", "pod"), [*pods.refused_by_restricted()], ids=name_of)
def test_restricted_refuses(name: str, pod: dict[str, Any]) -> None:
    assert refused(text(pod), STANDARD)


@pytest.mark.parametrize(("name", "pod"), [*pods.passed()], ids=name_of)
def test_both_let_pass(name: str, pod: dict[str, Any]) -> None:
    assert refused(text(pod), STANDARD) == []


def test_an_older_standard_is_another_one() -> None:
    pod = text(pods.context(sysctls=[{"name": "net.ipv4.tcp_rmem", "value": "1"}]))
    assert refused(pod, STANDARD) == []
    assert refused(pod, STANDARD, (1, 31)) == ["pod-sysctls"]


@pytest.mark.skipif(not UPSTREAM, reason="CATALYST_TEST_PSS names no folder of kubernetes/pod-security-admission")
@pytest.mark.parametrize("minor", range(kubernetes.OLDEST[1], kubernetes.NEWEST[1] + 1))
@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_upstream_fixtures(level: str, minor: int) -> None:
    folder = Path(UPSTREAM) / "test/testdata" / level / f"v1.{minor}"
    among = BASELINE if level == "baseline" else STANDARD
    wrong = []
    for kind in ("pass", "fail"):
        files = sorted((folder / kind).glob("*.yaml"))
        assert files
        for file in files:
            found = refused(file.read_bytes(), among, (1, minor))
            if bool(found) != (kind == "fail"):
                wrong.append(f"{kind}/{file.name}: {found}")
    assert wrong == []
