"""Secrets that stay in the image."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import LOGIN, PRIVATE_KEY, TOKEN, At, Check, judge
from catalyst.severity import Severity


def _variables(facts: Dockerfile) -> Iterator[At]:
    for one in look.instructions(facts, "ENV", "ARG", "LABEL"):
        for word in one.words or one.text.split():
            name, mark, value = word.partition("=")
            if not mark and one.name == "ENV":
                value = one.text.partition(" ")[2]
            if kind := look.secret_in(name, value if mark or one.name == "ENV" else None):
                yield At(f"{one.name} {name[:60]} holds {kind}", one.line)
            elif one.name == "ARG" and look.secret_in(name, "given-at-build-time"):
                yield At(f"ARG {name[:60]} takes a secret, and a build argument stays in the history", one.line)


def _places(facts: Dockerfile) -> Iterator[At]:
    yield from _variables(facts)
    for line, text in look.runs(facts):
        if kind := look.token_in(text):
            yield At(f"RUN holds {kind}", line)
        elif re.search(r"(?:echo|printf)\s+[\"']?\w+:[^\s$\"']+[\"']?\s*\|\s*chpasswd|\bpasswd\s+--stdin", text):
            yield At("RUN sets a password that stands in the text", line)
    for one in look.instructions(facts, "COPY", "ADD"):
        if kind := look.token_in("\n".join(one.heredocs)):
            yield At(f"{one.name} writes {kind}", one.line)


CHECK = Check(
    id="dockerfile-secret",
    control="secrets",
    severity=Severity.HIGH,
    title="no secret is built into an image",
    why="ENV, ARG and every layer can be read by whoever has the image; removing it in a later layer hides nothing.",
    fix={"dockerfile": "RUN --mount=type=secret,id=hf_token …, and at run time a vault: catalyst vault init"},
    references=("CIS 4.10", "DS-0031", "DL3064", "CWE-798"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nENV HF_HOME=/cache TOKEN_FILE=/run/secrets/t",
          "FROM a\nRUN --mount=type=secret,id=t cat /run/secrets/t",
          "FROM a\nARG VERSION=1"),
    bad=(f"FROM a\nENV HF_TOKEN={TOKEN}", "FROM a\nARG CIVITAI_TOKEN",
         "FROM a\nENV API_KEY 0123456789",
         "FROM a\nRUN echo 'root:hunter2' | chpasswd", f"FROM a\nRUN git clone https://{LOGIN}/x",
         f"FROM a\nCOPY <<EOF /root/k\n{PRIVATE_KEY}\nEOF"),
    test=lambda facts: judge(_places(facts), "no secret in ENV, ARG, LABEL or RUN"),
)
