"""The page that bench/capabilities.py writes."""

import os
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Protocol

from catalyst.engine import process
from catalyst.engine.engine import engines
from catalyst.policy.build import build
from catalyst.render.target import Facts, Sandbox, targets
from catalyst.settings import load
from catalyst.workloads import canary
from catalyst.workloads.interpreter import IMAGE as PYTHON

IMAGE = "catalyst-test:bookworm"


class Measured(Protocol):
    """A way of starting, and what came of it: capability -> what a start without it says."""

    title: str
    engine: str
    owner: int
    needed: dict[str, str]
    with_none: str
    refused: str


def gpu_words() -> list[str]:
    """What the argv asks for where a GPU is asked for; none of it was run here."""
    found = []
    for vendor, nodes in (("nvidia", ("/dev/nvidia0", "/dev/nvidiactl")), ("amd", ("/dev/kfd", "/dev/dri"))):
        facts = Facts(root=True, gpu=nodes, groups=(44, 109))
        for name in sorted(engines()):
            base, asked = (rendered(name, gpu, facts) for gpu in ("none", vendor))
            start = sum(1 for _ in takewhile(lambda two: two[0] == two[1], zip(base, asked, strict=False)))
            more = asked[start : start + len(asked) - len(base)]
            assert asked == (*base[:start], *more, *base[start:]), "what is more stands in one place"
            found.append(f"| {vendor} | {name} | `{' '.join(more)}` |")
    return found


def rendered(engine: str, gpu: str, facts: Facts) -> tuple[str, ...]:
    """The argv for a GPU."""
    settings = load({"data": "/srv/data", "gpu": gpu, "image": IMAGE}, environ={}, config=None)
    policy = build(settings)
    sandbox = Sandbox("ID", canary.workload(settings, PYTHON, 8188, engine), "/s", "/p", PYTHON.executable, IMAGE, 0)
    return targets()[engines()[engine].target].render(policy, sandbox, facts).argv


def versions() -> list[str]:
    """Of everything the answers may depend on."""
    found = [f"Linux {os.uname().release.partition('-')[0]} ({os.uname().machine})"]
    for argv in (["docker", "version", "--format", "Docker {{.Server.Version}}"], ["podman", "--version"],
                 ["runc", "--version"], ["bwrap", "--version"]):  # fmt: skip
        answer = process.run(argv)
        found += [answer.out.splitlines()[0]] if answer.code == 0 else []
    return found


def page(measured: Sequence[Measured], missing: Mapping[str, str], used: list[str]) -> str:
    """The reference page."""
    lines = [INTRODUCTION.format(versions=", ".join(used))]
    for way in (way for way in measured if not way.owner):
        needed = ", ".join(f"`{name}`" for name in way.needed) or "**none**"
        lines.append(f"| {way.engine} | {way.title} | {needed} | {cell(way.with_none) or 'answers, as promised'} |")
    lines += [f"| {name} | not measured: {why} | | |" for name, why in missing.items()]
    promise = sorted({name for way in measured for name, said in way.needed.items() if said.startswith("answers")})
    lines += [WITHOUT.format(promise=", ".join(f"`{name}`" for name in promise) or "None")]
    lines += [f"| {way.engine} | {way.title} | `{name}` | {cell(said)} |"
              for way in measured for name, said in way.needed.items()]  # fmt: skip
    lines += [VOLUME, *(f"* {way.engine}, {way.title}: {way.refused}" for way in measured if way.owner)]
    return "\n".join([*lines, GPU, *gpu_words()]) + "\n"


INTRODUCTION = """\
# Capabilities

Made by `bench/capabilities.py --write`; edit that.

Which capabilities(7) a start needs: the canary is started at `maximum` and `isolated` with what `docker run` gives by
default, loses one after the other, and keeps lost what it does without. *Needed* means: without it the canary does not
answer, or a process is not as promised (uid, five empty capability sets, `no_new_privs`, filter), and then `catalyst up`
ends it. The workload itself has none in any case. Podman by an ordinary user is not measured here.

Measured with {versions}.

| engine | start | needed | with none |
| --- | --- | --- | --- |"""
WITHOUT = """
## What a start says without each

The other needed ones are there. {promise} is needed for the promise alone: the canary answers without it.

| engine | start | without | it says |
| --- | --- | --- | --- |"""
VOLUME = """
## Somebody else's volume

The guard never changes an owner: a recursive chown of a tree that the workload writes can be led astray. With all that
`docker run` gives, CHOWN and DAC_OVERRIDE among it, the start is refused, and the hint is the command to run:
"""
GPU = """
## GPU

Not run: there was none. The argv asks for these words more, and for no capability:

| GPU | engine | more words |
| --- | --- | --- |"""


def cell(text: str) -> str:
    """Text as it may stand in a table."""
    return text.replace("|", "\\|").strip()
