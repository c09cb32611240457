"""What the pages tell people to type exists: commands, flags, values, variables, files, tests. What needs nothing is run.

A block of commands is run here, or the comment above it names the test that does, or says why none does:
`<!-- run by tests/live/test_up.py::test_name -->` or `<!-- not run: why -->`.
"""

import json
import re
import shutil
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
import yaml

from catalyst.audit.inside.attempt import names
from catalyst.audit.run import checks
from catalyst.cli.main import main
from catalyst.cli.parser import COMMANDS, build
from catalyst.settings import FIELDS, PASSWORD_HASH
from documents import COMMANDS as SHELL
from documents import ROOT, Block, blocks, pages, quoted, simple_commands, without_variables
from support import own_environment

TYPED = [block for block in blocks() if block.language in SHELL]
LANGUAGES = SHELL | {"json", "toml", "yaml", "python", "nginx", "caddyfile", "text"}
VARIABLES = {field.variable: field for field in FIELDS}
MORE_VARIABLES = {"CATALYST_TEST_COMFYUI", "CATALYST_TEST_MANAGER", "CATALYST_TEST_PSS",  # what tests read
                  PASSWORD_HASH}  # fmt: skip
# Programs of others that a page tells to start: a name that is not here is a misspelt one.
OTHERS = {"apparmor_parser", "awk", "cd", "cosign", "curl", "cut", "docker", "export", "gh", "git", "helm", "image/lock",
          "kubectl", "ln", "mkdir", "patch", "pip", "podman", "printf", "python3", "semodule", "ssh", "sudo", "systemctl",
          "tailscale", "tee", "towncrier", "trivy"}  # fmt: skip
# Of ours, what needs nothing and changes nothing.
HARMLESS = (["policy"], ["render"], ["egress", "list"])


def _where(block: Block) -> str:
    return f"{block.page}:{block.line}"


def _ours(words: list[str]) -> list[str]:
    """The words after `catalyst`, also of `docker exec NAME catalyst …`; empty where it is another program."""
    for at, word in enumerate(words):
        if word in {"catalyst", "./catalyst"} and (at == 0 or "exec" in words[:at]):
            return words[at + 1 :]
    return []


_parser = cache(build)


def _parse(words: list[str]) -> None:
    """By the real parser, and each value by the parser of its setting."""
    assert words[0] in COMMANDS, words
    found = vars(_parser(words[0]).parse_args(words))
    for field in FIELDS:
        if isinstance(value := found.get(field.key), str):
            field.parse(field.variable, value)


def _typed(text: str) -> None:
    """A shell text has no command that does not exist, and none of ours with a flag or a value that it does not take."""
    for words in simple_commands(text):
        given, rest = without_variables(words)
        for name in given.keys() & VARIABLES.keys():
            VARIABLES[name].parse(name, given[name])
        if (ours := _ours(rest)) and ours[0] != "test":
            _parse(ours)
        elif rest and not ours:
            assert rest[0] in OTHERS, rest


def _named(words: list[str]) -> None:
    """A command with that name has a help text of its own."""
    with pytest.raises(SystemExit, match=r"^0$"):
        _parser(words[0]).parse_args([*words, "--help"])


def _exists(test: str) -> None:
    """`tests/x.py`, `tests/x` or `tests/x.py::test_name`."""
    path, _, name = test.partition("::")
    assert (ROOT / path).exists(), test
    assert not name or re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE), test


@pytest.mark.parametrize("block", blocks(), ids=_where)
def test_a_block_says_its_language(block: Block) -> None:
    assert block.language in LANGUAGES
    if block.language == "toml":
        tomllib.loads(block.text)
    elif block.language == "yaml":
        assert yaml.safe_load(block.text)
    elif block.language == "json":
        assert json.loads(block.text)


@pytest.mark.parametrize("block", TYPED, ids=_where)
def test_what_is_typed_exists(block: Block) -> None:
    _typed(block.text)


@pytest.mark.parametrize("page", pages())
def test_what_is_typed_within_a_sentence_exists(page: str) -> None:
    for text in quoted(pages()[page]):
        if re.fullmatch(r"catalyst [a-z]+( [a-z]+)?( …)?", text):  # the name of a command, perhaps without what it needs
            _named(text.removesuffix(" …").split()[1:])
        elif re.match(r"([A-Z_]+=\S* )*(\./)?catalyst [a-z]", text):
            _typed(text.replace(" …", ""))


@pytest.mark.parametrize("block", TYPED, ids=_where)
def test_a_block_is_run_or_says_why_not(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if block.told:
        tests, why = re.findall(r"tests/[\w./]+(?:::\w+)?", block.told), block.told.removeprefix("not run:").strip()
        assert (block.told.startswith("run by") and tests) or (block.told.startswith("not run:") and why), block.told
        for test in tests:
            _exists(test)
        return
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    ours = [_ours(words) for words in simple_commands(block.text)]
    assert any(ours), "no command of ours: say in a comment above which test runs it, or why none does"
    for words in filter(None, ours):
        assert any(words[: len(start)] == start for start in HARMLESS), f"{words}: say above which test runs it, or why none"
        assert main(words) == 0


@cache
def _flags(program: str, command: str) -> frozenset[str]:
    """The flags that the client on this machine says it takes. No daemon is asked."""
    said = subprocess.run([program, *command.split(), "--help"], capture_output=True, text=True, check=True, timeout=60,
                          env=own_environment()).stdout  # fmt: skip
    return frozenset(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", said))


@pytest.mark.parametrize("program", ["docker", "podman"])
def test_the_flags_of_engines_exist(program: str) -> None:
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed, and only it knows its flags; CI installs it")
    for text in [*(block.text for block in TYPED), *(one for page in pages().values() for one in quoted(page))]:
        for words in simple_commands(text) if text.startswith(f"{program} ") or f"\n{program} " in text else ():
            command = words[1] if words[:1] == [program] and len(words) > 2 else ""
            if command not in {"run", "exec", "inspect", "history"}:
                continue  # `build` has the flags of buildx, which not every client has
            known = _flags(program, command)
            rest = words[2:]  # up to the program inside, whose flags are its own
            for word in rest[: next((at for at, one in enumerate(rest) if one in {"NAME", "IMAGE"}), len(rest))]:
                if word.startswith("-"):
                    assert word.partition("=")[0] in known, f"{program} {command} has no {word}"


@pytest.mark.parametrize("page", pages())
def test_what_is_named_exists(page: str) -> None:
    """Files of this repository, and variables."""
    for text in quoted(pages()[page]):
        if re.match(r"(\.github|tests|src|bench|image|deploy|docs)/[\w./-]+(::\w+)?$", text):
            _exists(text)
    found = set(re.findall(r"\bCATALYST_[A-Z_]*[A-Z]\b", pages()[page]))
    assert found <= VARIABLES.keys() | MORE_VARIABLES


@pytest.mark.parametrize("page", ["README.md", "SECURITY.md", "CHANGELOG.md"])
def test_a_link_leads_somewhere(page: str) -> None:
    """Those of docs/ are followed by mkdocs (tests/site.sh)."""
    for target in re.findall(r"\]\(([^)\s]+)\)", pages()[page]):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        file = ROOT / (path or page)
        assert file.is_file(), target
        heads = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.MULTILINE) if anchor else []
        slugs = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
        assert not anchor or anchor in slugs, target


@pytest.mark.parametrize("page", pages())
def test_a_list_or_table_begins_after_an_empty_line(page: str) -> None:
    """GitHub sees one without, mkdocs does not."""
    before, inside = "", False
    for line in pages()[page].splitlines():
        inside ^= line.lstrip().startswith("```")
        begins = re.match(r"([*-]|\d+\.) |\|", line) and not inside and before
        assert not begins or re.match(r"#|\||\s|([*-]|\d+\.) |<!--", before), line
        before = line


def _recommendations() -> list[dict[str, str]]:
    """The rows of the page, by the heads of their columns."""
    rows, head = [], list[str]()
    for line in pages()["docs/guides/docker-security.md"].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            head = []
        elif not head:
            head = cells
        elif not set(line) <= set("|-"):
            rows.append(dict(zip(head, cells, strict=True)))
    return rows


@pytest.mark.parametrize("row", _recommendations(), ids=lambda row: row["recommended"])
def test_a_recommendation_is_implemented_shown_and_proved(row: dict[str, str]) -> None:
    assert all(row.values())
    assert row["implemented by"]
    [shown] = quoted(row["shown by"])
    _typed(shown)
    proofs = quoted(row["proved by"])
    assert proofs
    known = {*names(), *(check.id for check in checks())}
    for proof in proofs:
        assert proof in known or re.match(r"(tests|bench)/.*\.py", proof), proof
        if proof not in known:
            _exists(proof)


def test_no_recommendation_is_left_out() -> None:
    """What the original asks for by name."""
    told = " ".join(row["recommended"] for row in _recommendations())
    for word in ("no-new-privileges", "--cap-drop=ALL", "--cap-add", "comfyuser", "chown", "base image", "apt", "seccomp",
                 "AppArmor", "SELinux", "vault", "wipe", "--start-period=45s", "curl -fsS", "docker scan", "trivy image",
                 *(field.variable for field in FIELDS[:5])):  # fmt: skip
        assert word in told, word
