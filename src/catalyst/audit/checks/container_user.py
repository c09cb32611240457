"""Who PID 1 is."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    user = known(facts.user, 'the image decides who it runs as; say it: user: "1000:1000"')
    if look.is_root(user):
        return broken(f"runs as {user or 'root'}", facts.line("user"))
    return Held(f"runs as {user[:40]}")


CHECK = Check(
    id="container-user",
    control="identity",
    severity=Severity.HIGH,
    title="a container does not run as root",
    why="Root inside is one kernel bug or one wrong mount away from root outside. A user namespace makes that bug "
    "smaller and does not take it away.",
    fix={"compose": 'user: "1000:1000"', "docker": "--user=1000:1000"},
    references=("CIS 4.1", "DS-0002", "DL3002", "CL-0018", "CKV_DOCKER_8", "CWE-250"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=('user: "1000:1000"', "user: comfyuser"),
    bad=("user: root", 'user: "0"', 'user: "0:0"', 'user: "00"', "user: root:1000", "user: 0"),
    test=_test,
)
