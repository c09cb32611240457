"""Every harmful file is found, no harmless one is. Nothing of them is loaded."""

from collections import OrderedDict
from pathlib import Path

import pytest

import harmful
from catalyst.models.scan import child
from catalyst.models.scan.rules import RULES
from catalyst.severity import Severity


def found(path: Path, data: bytes) -> tuple[set[str], str]:
    """The rules that a file of this content breaks, and why it was not judged."""
    path.write_bytes(data)
    examined, findings = child.examine(str(path))
    return {one.rule for one in findings}, examined.unjudged


def worst(rules: set[str]) -> int:
    return max((RULES[one].severity for one in rules), default=Severity(11)) if rules else 0


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(set(harmful.PAIRS)) + len(harmful.OPCODES) >= 136
    assert len(harmful.TRICKS) >= 22
    assert len(harmful.BENIGN) >= 21


@pytest.mark.parametrize(("module", "name"), harmful.PAIRS)
@pytest.mark.parametrize("form", ["GLOBAL", "STACK_GLOBAL"])
def test_a_harmful_global(tmp_path: Path, module: str, name: str, form: str) -> None:
    stacked = b"\x80\x04" + harmful.text(module) + harmful.text(name) + b"\x93" + harmful.text("x") + b"\x85R."
    rules, _ = found(tmp_path / "model.pt", harmful.call(module, name) if form == "GLOBAL" else stacked)
    assert worst(rules) >= Severity.HIGH


@pytest.mark.parametrize("data", harmful.OPCODES.values(), ids=harmful.OPCODES)
def test_an_opcode_variant(tmp_path: Path, data: bytes) -> None:
    assert worst(found(tmp_path / "model.pkl", data)[0]) >= Severity.HIGH


@pytest.mark.parametrize(("name", "data"), harmful.TRICKS.items(), ids=harmful.TRICKS)
def test_a_trick(tmp_path: Path, name: str, data: bytes) -> None:
    rules, unjudged = found(tmp_path / name, data)
    assert worst(rules) >= Severity.HIGH or (name == "lzma.pt" and "packed by method 14" in unjudged)


@pytest.mark.parametrize("data", harmful.INCONSISTENT.values(), ids=harmful.INCONSISTENT)
def test_an_archive_that_is_read_in_two_ways(tmp_path: Path, data: bytes) -> None:
    assert "archive-inconsistent" in found(tmp_path / "a.pt", data)[0]


@pytest.mark.parametrize("data", harmful.OUTSIDE.values(), ids=harmful.OUTSIDE)
def test_an_archive_that_writes_elsewhere(tmp_path: Path, data: bytes) -> None:
    assert found(tmp_path / "a.zip", data)[0] == {"archive-traversal"}


def test_a_link_in_a_tar_that_leads_elsewhere(tmp_path: Path) -> None:
    import io
    import tarfile

    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        link = tarfile.TarInfo("models")
        link.type, link.linkname = tarfile.SYMTYPE, "../../etc"
        archive.addfile(link)
    assert found(tmp_path / "a.tar", made.getvalue())[0] == {"archive-traversal"}


@pytest.mark.parametrize(("name", "data"), harmful.BENIGN.items(), ids=harmful.BENIGN)
def test_a_harmless_file(tmp_path: Path, name: str, data: bytes) -> None:
    assert found(tmp_path / name, data) == (set(), "")


@pytest.mark.parametrize("protocol", range(6))
def test_a_text_file_is_no_pickle(tmp_path: Path, protocol: int) -> None:
    """The same pickle is harmless as .pkl and named as something else it is a finding, if it calls anything."""
    data = harmful.by_pickle(OrderedDict(a=1), protocol)
    assert found(tmp_path / "a.pkl", data)[0] == set()
    if protocol >= 2:
        assert found(tmp_path / "a.png", data)[0] == {"disguised-pickle"}
