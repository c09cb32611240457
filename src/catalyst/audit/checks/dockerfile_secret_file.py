"""Files that hold secrets."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity

FILES = re.compile(
    r"(?:^|/)(?:\.env(?:\.(?!example|sample|template)\w+)?|id_(?:rsa|dsa|ecdsa|ed25519)|[^/\s]*\.(?:pem|p12|pfx|kdbx)|"
    r"\.netrc|\.git-credentials|\.npmrc|\.pypirc|\.aws|\.ssh|\.kube|\.docker|credentials(?:\.json)?|service[-_]account\S*\.json|"
    r"[^/\s]*private[-_]?key[^/\s]*)/?$", re.IGNORECASE)  # fmt: skip


def _places(facts: Dockerfile) -> Iterator[At]:
    for one in look.instructions(facts, "COPY", "ADD"):
        words = one.words or tuple(one.text.split())
        for source in words[:-1]:
            if FILES.search(source) and not source.startswith("<<") and not source.endswith((".pub", "ca.pem",
                                                                                             "cert.pem")):
                yield At(f"{one.name} {source[:80]}", one.line)


CHECK = Check(
    id="dockerfile-secret-file",
    control="secrets",
    severity=Severity.HIGH,
    title="no file that holds secrets is copied into an image",
    why="It stays in its layer, also when a later one removes it.",
    fix={"dockerfile": "RUN --mount=type=secret,id=… …, and name the file in .dockerignore"},
    references=("CIS 4.10", "dockle CIS-DI-0010", "CWE-538"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nCOPY main.py .env.example /app/", "FROM a\nCOPY id_rsa.pub /x"),
    bad=("FROM a\nCOPY .env /app/", "FROM a\nCOPY keys/id_rsa /root/.ssh/", "FROM a\nADD server.pem /etc/",
         "FROM a\nCOPY .ssh /root/.ssh"),
    test=lambda facts: judge(_places(facts), "none of the files that are known to hold secrets"),
)
