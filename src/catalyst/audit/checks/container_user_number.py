"""A user by number."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    user = known(facts.user, "the image decides who it runs as")
    if look.is_root(user) or look.is_number(user):
        return Held(f"user {user or '0'} is a number, or root, which another check names")
    return broken(f"user {user[:40]} is a name, and the image's /etc/passwd says who that is", facts.line("user"))


CHECK = Check(
    id="container-user-number",
    control="identity",
    severity=Severity.LOW,
    title="a container's user is a number",
    why="A name is looked up in the image's own /etc/passwd, where it may be uid 0; runAsNonRoot cannot judge it "
    "either.",
    fix={"compose": 'user: "1000:1000"', "docker": "--user=1000:1000"},
    references=("DL3066",),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=('user: "1000"', 'user: "1000:1000"'),
    bad=("user: comfyuser", "user: nobody:nogroup"),
    test=_test,
)
