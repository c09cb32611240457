"""An SSH server."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity

SERVER = re.compile(r"\bopenssh-server\b|\bdropbear\b|/usr/sbin/sshd\b|\bssh-keygen\s+-A\b")


def _places(facts: Dockerfile) -> Iterator[At]:
    for line, words in look.any_place(look.runs(facts), SERVER):
        yield At(words, line)
    for one in look.instructions(facts, "EXPOSE"):
        if any(re.match(r"22(?:/tcp)?$", word) for word in one.text.split()):
            yield At("EXPOSE 22", one.line)
    for one in look.instructions(facts, "CMD", "ENTRYPOINT"):
        if re.search(r"\bsshd\b|dropbear", one.text):
            yield At(f"{one.name} starts it", one.line)


CHECK = Check(
    id="dockerfile-ssh",
    control="exposure",
    severity=Severity.HIGH,
    title="an image has no SSH server",
    why="It is a second login with its own passwords and keys, beside the engine's exec and Catalyst's login.",
    fix={"dockerfile": "leave openssh-server out; docker exec does what is needed"},
    references=("CIS 5.7", "DS-0004", "CKV_DOCKER_1", "CWE-668"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nRUN apt-get install -y openssh-client\nEXPOSE 8188",),
    bad=("FROM a\nRUN apt-get install -y openssh-server", "FROM a\nEXPOSE 22", 'FROM a\nCMD ["/usr/sbin/sshd", "-D"]'),
    test=lambda facts: judge(_places(facts), "no SSH server"),
)
