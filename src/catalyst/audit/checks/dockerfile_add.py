"""ADD."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity


def _places(facts: Dockerfile) -> Iterator[At]:
    for one in look.instructions(facts, "ADD"):
        sources = (one.words or one.text.split())[:-1]
        remote = [source for source in sources if re.match(r"https?://|git@|git://", source)]
        if remote and "checksum" not in one.flags and not re.search(r"#[0-9a-f]{40}\b", remote[0]):
            yield At(f"ADD {remote[0][:80]} without --checksum", one.line)
        elif not remote and not any(re.search(r"\.(?:tar|tgz|tbz|txz)(?:\.\w+)?$", source) for source in sources):
            yield At(f"ADD {one.text[:60]}", one.line)


CHECK = Check(
    id="dockerfile-add",
    control="supply-chain",
    severity=Severity.LOW,
    title="files come in by COPY, and downloads with a checksum",
    why="ADD unpacks archives and fetches addresses, whatever they hold by then.",
    fix={"dockerfile": "COPY SOURCE TARGET, or: ADD --checksum=sha256:… ADDRESS TARGET"},
    references=("CIS 4.9", "DS-0005", "DL3020", "CKV_DOCKER_4", "CWE-494"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nCOPY x /x", "FROM a\nADD rootfs.tar.gz /", "FROM a\nADD --checksum=sha256:0 https://example.org/x /x"),
    bad=("FROM a\nADD x /x", "FROM a\nADD https://example.org/x.tar.gz /x"),
    test=lambda facts: judge(_places(facts), "no ADD without a reason"),
)
