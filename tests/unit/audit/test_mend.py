"""`audit --fix`: what a check calls broken holds afterwards, nothing else differs, and what cannot be mended is named."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from catalyst.audit import find
from catalyst.audit.mend import compose, dockerfile, kubernetes, layout
from catalyst.audit.mend.layout import Change
from catalyst.audit.mend.mend import LARGEST, Mended, difference, mended
from catalyst.audit.mend.nodes import NotMended
from catalyst.audit.model import Broken, Check, Unknown
from catalyst.audit.run import checks, run
from catalyst.audit.subjects import documents

OTHER = "image: b:1  # as it was\n    command: [x,   y]\n"
PLANS = {**compose.PLANS, **dockerfile.PLANS, **kubernetes.PLANS}


def in_compose(text: str) -> tuple[str, str, str]:
    body = "".join(f"    {line}\n" for line in text.splitlines())
    return f"# mine\nservices:\n  a:\n    {OTHER}\n  comfyui:\n", body, f"\n  # the last one\n  z:\n    {OTHER}\n"


def in_pod(text: str) -> tuple[str, str, str]:
    body = "".join(f"  {line}\n" for line in text.splitlines())
    head = ("# mine\napiVersion: v1\nkind: ConfigMap\nmetadata: {name:   x}\n---\napiVersion: v1\nkind: Pod\n"
            "metadata: {name: comfyui}\nspec:\n")
    return head, body, "---\n# end\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\n"


def in_dockerfile(text: str) -> tuple[str, str, str]:
    return "# mine\n\n", f"{text}\n", ""


FILES: dict[str, tuple[str, Callable[[str], tuple[str, str, str]]]] = {
    "compose": ("compose.yaml", in_compose), "kubernetes pod": ("pod.yaml", in_pod),
    "dockerfile": ("Dockerfile", in_dockerfile),
}  # fmt: skip
EXAMPLES = [(check, text) for check in checks() if check.id in PLANS and check.language in FILES for text in check.bad]
# Bad examples that no text mends with certainty, and what is said of them.
NOT_MENDED = {
    "extra_hosts: {h: host-gateway}": "depends on what it is for",
    "sysctls: {kernel.msgmax: 65536}": "are a mapping",
    "FROM a\nHEALTHCHECK NONE": "switched off on purpose",
    "FROM a AS b\nHEALTHCHECK CMD x\nFROM a": "EXPOSE 8188",
    "FROM a": "EXPOSE 8188",
}


def broken(name: str, data: bytes) -> set[tuple[str, str]]:
    return {(row.check.id, row.part) for row in run([find.of_bytes(data, name, find.Given())])
            if isinstance(row.outcome, Broken)}  # fmt: skip


def mend(name: str, data: bytes, wanted: set[tuple[str, str]] | None = None) -> Mended:
    return mended(name, data, lambda one: find.of_bytes(one, name, find.Given()),
                  broken(name, data) if wanted is None else wanted)  # fmt: skip


def other_forms(text: str) -> list[bytes]:
    """The same file with other line ends, with a mark, without a last line end."""
    return [text.encode(), text.replace("\n", "\r\n").encode(), f"\ufeff{text}".encode(), text.rstrip("\n").encode()]


# Every example as it is; the first of each check also with CRLF, with a mark, and without a last line end.
@pytest.mark.parametrize(("check", "text", "form"), [
    (check, text, form) for check, text in EXAMPLES for form in range(4 if text == check.bad[0] else 1)
], ids=lambda value: getattr(value, "id", str(value)[:40]))  # fmt: skip
def test_every_bad_example(check: Check, text: str, form: int) -> None:
    name, wrap = FILES[check.language]
    before, body, after = wrap(text)
    data = other_forms(before + body + after)[form]
    # Where it is broken because the container is privileged, that is what is mended.
    wanted = {one for one in broken(name, data) if one[0] in {check.id, "container-privileged"}
              and ("comfyui" in one[1] or name == "Dockerfile")}  # fmt: skip
    assert wanted
    done = mend(name, data, wanted)
    if text in NOT_MENDED and check.id != "dockerfile-user":
        assert any(NOT_MENDED[text] in left.why for left in done.left)
        assert done.after == data
        return
    assert done.left == ()
    assert not {one for one in broken(name, done.after) if one in wanted}
    assert broken(name, done.after) <= broken(name, data)
    assert unknown(name, done.after) <= unknown(name, data)
    assert mend(name, done.after, wanted).after == done.after
    head, tail = (part.replace("\n", "\r\n") if form == 1 else part for part in (before, after))
    changed = done.after.decode("utf-8-sig")
    assert changed.startswith(head)
    assert changed.endswith(tail.rstrip("\r\n") if form == 3 else tail)
    assert done.after.startswith(b"\xef\xbb\xbf") == (form == 2)
    assert ("\n" in changed.replace("\r\n", "")) == (form != 1)


def unknown(name: str, data: bytes) -> set[tuple[str, str]]:
    return {(row.check.id, row.part) for row in run([find.of_bytes(data, name, find.Given())])
            if isinstance(row.outcome, Unknown)}  # fmt: skip


def test_every_plan_is_of_a_check_and_has_examples() -> None:
    assert set(PLANS) <= {check.id for check in checks()}
    assert set(PLANS) == {check.id for check, _ in EXAMPLES}
    assert set(NOT_MENDED) <= {text for _, text in EXAMPLES}


COMPOSE = """\
# A service that somebody wrote.
services:

  comfyui:
    image: a:1          # keep me
    privileged: true    # for the GPU, they said
    cap_add:
      - SYS_ADMIN       # why?
      - NET_BIND_SERVICE
    security_opt:
      - "seccomp:unconfined"
    ports:
      - '8188:8188'     # everybody
    tmpfs: /tmp:exec
    user: root
    # the end of it
"""
MENDED = """\
# A service that somebody wrote.
services:

  comfyui:
    image: a:1          # keep me
    privileged: false    # for the GPU, they said
    cap_add:
      # why?
      - NET_BIND_SERVICE
    security_opt:
      - "seccomp:unconfined"
      - no-new-privileges:true
    ports:
      - '127.0.0.1:8188:8188'     # everybody
    tmpfs: "/tmp:noexec"
    user: "1000:1000"
    cap_drop: [ALL]
    pids_limit: 1024
    read_only: true
    # the end of it
"""


def test_comments_and_layout_stay() -> None:
    done = mend("compose.yaml", COMPOSE.encode())
    assert done.after.decode() == MENDED.replace('      - "seccomp:unconfined"\n', "")
    assert {left.id for left in done.left} == {"container-memory", "container-cpus", "container-image-digest",
                                               "comfyui-exposed"} & {left.id for left in done.left}  # fmt: skip
    assert all(left.why for left in done.left)


DOCKERFILE = """\
FROM python:3.11
RUN apt-get update \\
    # words between
 && apt-get install -y curl \\
 && true
RUN apt-get update; apt-get install -y x
EXPOSE 8188
CMD ["python", "main.py"]
"""


def test_a_dockerfile() -> None:
    done = mend("Dockerfile", DOCKERFILE.encode())
    assert done.after.decode() == DOCKERFILE.replace("install", "install --no-install-recommends").replace(
        "x\n", "x && rm -rf /var/lib/apt/lists/*\n").replace(
        'CMD ["python", "main.py"]\n', 'CMD ["python", "main.py"]\nHEALTHCHECK --interval=30s --timeout=3s '
        "--start-period=45s --retries=5 CMD curl -fsS http://127.0.0.1:8188/\nSTOPSIGNAL SIGINT\nUSER 1000:1000\n")
    (left,) = [left for left in done.left if left.id == "dockerfile-package-lists"]
    assert left.at.line == 2
    assert "cannot be said" in left.why


@pytest.mark.parametrize("run_", [
    "apt-get update && exec sh", "apt-get update # words", "apt-get update &", '["apt-get", "update"]',
    "echo 'apt-get update", "apt-get update;", "<<EOF\napt-get update\nEOF",
    "apk update && apk add x",
])  # fmt: skip
def test_a_command_that_would_not_run_is_not_added(run_: str) -> None:
    data = f"FROM a\nRUN {run_}\n".encode()
    done = mend("Dockerfile", data, {("dockerfile-package-lists", "Dockerfile")})
    assert done.after == data


@pytest.mark.parametrize("run_", ["echo 'apt-get install -y x' && apt-get install y", "apt-get \\\n install x"])
def test_what_only_looks_like_a_command_is_not_changed(run_: str) -> None:
    data = f"FROM a\nRUN {run_}\n".encode()
    done = mend("Dockerfile", data, {("dockerfile-recommends", "Dockerfile")})
    assert done.after == data
    assert done.left


@pytest.mark.parametrize(("base", "run_", "tool"), [
    ("a", "apt-get install -y curl", "curl"), ("a", "apk add --no-cache curl git", "curl"),
    ("a", "apt-get install libcurl4", ""),
    ("a", "apt-get install -y curl-dev", ""), ("a", "apt-get install curl && apt-get purge curl", ""), ("a", "curl x", ""),
    ("python:3.11", "true", "python3"), ("docker.io/library/python@sha256:0", "true", "python3"), ("mypython:3", "true", ""),
])  # fmt: skip
def test_a_health_check_asks_with_what_is_there(base: str, run_: str, tool: str) -> None:
    data = f"FROM {base}\nRUN {run_}\nEXPOSE 8188/tcp\n"
    done = mend("Dockerfile", data.encode(), {("dockerfile-health", "Dockerfile")})
    added = done.after.decode().removeprefix(data)
    assert f"CMD {tool} " in added if tool else added == ""
    assert bool(done.left) != bool(tool)


def test_escape_directive() -> None:
    data = "# escape=`\nFROM a\nRUN apt-get update `\n && apt-get install -y x\n"
    done = mend("Dockerfile", data.encode(), {("dockerfile-package-lists", "Dockerfile")})
    assert done.after.decode() == data[:-1] + " `\n && rm -rf /var/lib/apt/lists/*\n"


@pytest.mark.parametrize(("text", "why"), [
    ("x: &x {image: a, privileged: true}\nservices:\n  s: *x\n  t: *x\n", "*x"),
    ("services:\n  s: &x\n    image: a\n    privileged: true\n  t: *x\n", "x"),
    ("services:\n  s: {image: a, privileged: &p true}\n  t: {image: b, read_only: *p}\n", "&p"),
    ("services:\n  s:\n    extends: t\n  t:\n    image: a\n    privileged: true\n", ""),
    ("services:\n  s:\n    image: a\n    privileged: >-\n      true\n", "over several lines"),
], ids=["alias", "anchor", "anchored value", "extends", "block"])  # fmt: skip
def test_refused_by_name(text: str, why: str) -> None:
    wanted = {one for one in broken("compose.yaml", text.encode()) if one[0] == "container-privileged"}
    done = mend("compose.yaml", text.encode(), wanted)
    assert wanted
    assert [why in left.why for left in done.left] == [True] * len(done.left)
    if why:
        assert done.left
        assert done.after == text.encode()
    else:  # the one that is extended was mended, and with it the other
        assert done.after.decode() == text.replace("true", "false")


def test_what_a_merge_brings_in_is_overruled() -> None:
    text = "x: &x {privileged: true}\nservices:\n  s:\n    <<: *x\n    image: a\n"
    done = mend("compose.yaml", text.encode(), {("container-privileged", "s")})
    assert done.after.decode() == f"{text}    privileged: false\n"
    text = "x: &x {cap_add: [SYS_ADMIN, KILL]}\nservices:\n  s:\n    <<: *x\n    image: a\n"
    done = mend("compose.yaml", text.encode(), {("container-dangerous-capabilities", "s")})
    assert done.after.decode() == text
    assert "brought in by <<" in done.left[0].why


def test_a_variable_without_a_value_stays() -> None:
    text = "services:\n  s:\n    image: a\n    ports: ['${PORT}:1', 1:1]\n"
    done = mend("compose.yaml", text.encode(), {("container-published-port", "s")})
    assert done.after.decode() == text.replace("1:1]", '"127.0.0.1:1:1"]')
    assert [left.id for left in done.left] == ["container-published-port"]


def test_lists_of_objects_and_objects_of_one_name() -> None:
    pod = "  - {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c}]}}\n"
    text = f"apiVersion: v1\nkind: List\nitems:\n{pod}{pod}"
    done = mend("pod.yaml", text.encode(), {("pod-service-environment", "Pod/a")})
    assert done.after.decode().count("enableServiceLinks: false") == 2


def test_a_pod_for_windows_is_left_alone() -> None:
    text = ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  os: {name: windows}\n  containers:\n"
            "  - name: c\n")  # fmt: skip
    done = mend("pod.yaml", text.encode())
    assert done.after.decode() == text
    assert any("windows" in left.why.lower() for left in done.left)


def test_the_whole_of_a_pod() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: c  # mine\n    image: x\n"
    done = mend("pod.yaml", text.encode())
    assert done.after.decode() == text + (
        "    securityContext:\n      capabilities:\n        drop: [ALL]\n      allowPrivilegeEscalation: false\n"
        "      readOnlyRootFilesystem: true\n"
        "  securityContext:\n    runAsNonRoot: true\n    seccompProfile:\n      type: RuntimeDefault\n"
        "  automountServiceAccountToken: false\n  enableServiceLinks: false\n")


def test_a_large_file_is_refused_by_name() -> None:
    text = "services: {s: {image: a}}\n" + "#" * LARGEST
    done = mend("compose.yaml", text.encode())
    assert done.after == text.encode()
    assert "256 KiB" in done.left[0].why
    text = "services:\n" + "".join(f"  s{number}: {{image: a}}\n" for number in range(300))
    assert mend("compose.yaml", text.encode()).after == text.encode()


def test_a_long_line_is_looked_at_in_no_time_and_not_shown() -> None:
    text = f"services:\n  s:\n    image: a  # {'a' * 200_000}\n    user: root\n"
    assert difference(mend("compose.yaml", text.encode(), {("container-user", "s")})).count("\n") == 5


def test_a_diff_shows_no_secret() -> None:
    secret = "hf_abcdefghijklmnopqrstuvwxyzABCDEF"
    text = f"services:\n  s:\n    image: a\n    environment: [HF_TOKEN={secret}]\n"
    shown = difference(mend("compose.yaml", text.encode()))
    assert "+    read_only: true" in shown
    assert secret not in shown
    text = f"services: {{s: {{image: a, environment: [HF_TOKEN={secret}]}}}}\n"
    assert difference(mend("compose.yaml", text.encode())) == ""
    text = "services:\n  s:\n    image: a\n    environment: {MY_PASSWORD: hunter22}\n"
    assert "hunter22" not in difference(mend("compose.yaml", text.encode()))


def random_tree(chance: random.Random, depth: int) -> Any:
    kind = chance.choice(["map", "seq", "word", "word"]) if depth else "word"
    if kind == "map":
        return {key: random_tree(chance, depth - 1) for key in chance.sample("abcdef", chance.randint(1, 4))}
    if kind == "seq":
        return [random_tree(chance, depth - 1) for _ in range(chance.randint(0, 3))]
    return chance.choice([True, 1, 0, None, "x", "yes", "a: b", "# c", "- d", "two words", "multi\nline\n", "'", '"', ""])


def random_change(chance: random.Random, tree: Any) -> Change | None:
    path: tuple[Any, ...] = (0,)
    while chance.random() < 0.7 and isinstance(tree, dict | list) and tree:
        step = chance.choice(list(tree) if isinstance(tree, dict) else range(len(tree)))
        path, tree = (*path, step), tree[step]
    value = chance.choice([True, "1:2", {"k": {"l": ["m"]}}, ["n", 5], "a, b"])
    if isinstance(tree, dict):
        return Change("set", (*path, chance.choice("abcdefgh")), value)
    if not isinstance(tree, list) or not tree:
        return None
    return chance.choice([Change("append", path, value), Change("remove", (*path, chance.randrange(len(tree))))])


def test_random_changes_of_random_files() -> None:
    """Refused, or exactly what was asked for with every comment kept; and most are not refused."""
    import yaml

    chance, made, refused = random.Random(8), 0, 0
    for _ in range(400):
        tree = {"top": random_tree(chance, 4), "z": {"a": 1}}
        text = yaml.safe_dump(tree, default_flow_style=chance.choice([None, True, False]), indent=chance.choice([2, 4]),
                              width=chance.choice([40, 1000]), line_break=chance.choice(["\n", "\r\n"]))  # fmt: skip
        text = f"# head\n{text}# foot\n"
        change = random_change(chance, tree)
        if change is None:
            continue
        try:
            changed = layout.apply(text, change, "x.yaml")
        except NotMended:
            refused += 1
            continue
        made += 1
        wanted = layout._in_tree([tree], change)
        assert json.dumps(documents.parse(changed, "x.yaml"), sort_keys=True) == json.dumps(wanted, sort_keys=True)
        assert changed.startswith("# head\n")
        assert changed.endswith("# foot\n")
    assert made > 150
    assert refused < made
