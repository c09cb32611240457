"""A login of its own."""

import re

from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    ports = known(facts.ports, "its ports are not known")
    places = [At("publishes port 22 of the container", one.line or facts.line("ports")) for one in ports
              if one.container == "22"]
    command = " ".join(facts.command or ())
    places += [At("starts sshd", facts.line("command"))] if re.search(r"\bsshd\b|dropbear", command) else []
    places += [At(f"runs {name}") for name in facts.processes or () if name in {"sshd", "dropbear"}]
    return judge(places, "no SSH server")


CHECK = Check(
    id="container-ssh",
    control="exposure",
    severity=Severity.HIGH,
    title="no SSH server runs in a container",
    why="It is a second login with its own passwords and keys, beside the engine's exec and Catalyst's login.",
    fix={"compose": "ports: []", "docker": "use docker exec instead"},
    references=("CIS 5.7", "DS-0004", "CWE-668"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("command: python main.py",),
    bad=('ports: ["2222:22"]', "command: /usr/sbin/sshd -D"),
    test=_test,
)
