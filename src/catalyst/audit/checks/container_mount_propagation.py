"""Mounts that reach back to the host."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    known(facts.mounts, "its mounts are not known")
    places = [At(f"{one.source} at {one.target}: {one.propagation}", one.line or facts.line("volumes"))
              for one in facts.mounts or () if one.propagation.endswith("shared")]  # fmt: skip
    return judge(places, "no mount is shared with the host")


CHECK = Check(
    id="container-mount-propagation",
    control="namespaces",
    severity=Severity.MEDIUM,
    title="no mount of a container reaches back to the host",
    why="With shared propagation a mount that the container makes appears on the host.",
    fix={"compose": "bind: {propagation: rprivate}", "docker": "leave out :shared and :rshared"},
    references=("CIS 5.20", "CL-0017"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("volumes: [./a:/a]", "volumes: [./a:/a:rslave]"),
    bad=("volumes: [./a:/a:shared]", "volumes: [{type: bind, source: ./a, target: /a, bind: {propagation: rshared}}]"),
    test=_test,
)
