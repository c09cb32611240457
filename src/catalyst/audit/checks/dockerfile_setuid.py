"""Setuid programs."""

import re

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity

SET = re.compile(
    r"\bchmod\b[^;&|\n]*\s(?:0?[4-7][0-7]{3}\b|[ug]*\+[rwxX]*s)[^;&|\n]*|"
    r"\binstall\b[^;&|\n]*\s-m\s*0?[4-7][0-7]{3}\b[^;&|\n]*|\bsetcap\b[^;&|\n]*cap_[^;&|\n]*"
)


CHECK = Check(
    id="dockerfile-setuid",
    control="no-new-privileges",
    severity=Severity.MEDIUM,
    title="no program of an image is made setuid or given capabilities",
    why="It runs as root whoever starts it; with no-new-privileges it does not work, without it is the way up.",
    fix={"dockerfile": "leave it out; to take the base's away: RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} "
                       "+"},
    references=("CIS 4.8", "dockle CIS-DI-0008", "CWE-250"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nRUN chmod 0755 /x", "FROM a\nRUN find / -perm /6000 -exec chmod a-s {} +"),
    bad=("FROM a\nRUN chmod u+s /x", "FROM a\nRUN chmod 4755 /x", "FROM a\nRUN setcap cap_net_raw+ep /x",
         "FROM a\nRUN chmod +s /x"),
    test=lambda facts: judge((At(words, line) for line, words in look.any_place(look.runs(facts), SET)), "none"),
)
