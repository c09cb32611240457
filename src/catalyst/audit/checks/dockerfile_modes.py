"""Modes that let everybody write."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity

# The last digit has the bit 2: write for everybody.
OPEN = re.compile(
    r"\bchmod\b[^;&|\n]*\s(?:0?[0-7]?[0-7][0-7][2367]\b|(?:a|o|ugo|)\+[rwxXst]*w[rwxXst]*|[ugo]*o[ugo]*=[rx]*w\w*|a=\w*w\w*)"
    r"[^;&|\n]*|\binstall\b[^;&|\n]*\s-?-m(?:ode)?[= ]?0?[0-7]?[0-7][0-7][2367]\b[^;&|\n]*|"
    r"\bmkdir\b[^;&|\n]*\s-m\s*0?[0-7]?[0-7][0-7][2367]\b[^;&|\n]*|\bumask\s+0+(?![0-7])"
)
STICKY = re.compile(r"(?:^|\s)0?1[0-7]{3}\b|\+t\b")


def _places(facts: Dockerfile) -> Iterator[At]:
    for line, text in look.runs(facts):
        for found in OPEN.finditer(text):
            if not STICKY.search(found[0]):
                yield At(" ".join(found[0].split())[:100], line)
    for one in look.instructions(facts, "COPY", "ADD"):
        if re.fullmatch(r"0?[0-7]?[0-7][0-7][2367]|.*o\+\w*w.*", one.flags.get("chmod", "")):
            yield At(f"{one.name} --chmod={one.flags['chmod']}", one.line)


CHECK = Check(
    id="dockerfile-modes",
    control="write-confinement",
    severity=Severity.MEDIUM,
    title="no folder of an image may be written by everybody",
    why="Home and workspace belong to the user who runs, with 0750; what everybody may write, everybody may replace.",
    fix={"dockerfile": "RUN install -d -m 0750 -o 1000 -g 1000 /home/comfyuser /workspace"},
    references=("Catalyst: ownership and modes", "CWE-732"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nRUN install -d -m 0750 -o 1000 /workspace && chmod 755 /app", "FROM a\nRUN chmod 1777 /tmp",
          "FROM a\nRUN chmod +x /x"),
    bad=("FROM a\nRUN chmod -R 777 /workspace", "FROM a\nRUN chmod a+rwx /app", "FROM a\nRUN mkdir -m 0777 /x",
         "FROM a\nCOPY --chmod=777 x /x",
         "FROM a\nRUN chmod o+w /x && true"),
    test=lambda facts: judge(_places(facts), "nothing that everybody may write"),
)
