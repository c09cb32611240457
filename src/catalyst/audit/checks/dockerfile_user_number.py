"""A user by number."""


from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import Check, Held, NotApplicable, Outcome, Unknown, broken, known
from catalyst.severity import Severity


def _test(facts: Dockerfile) -> Outcome:
    users = look.final(facts, "USER")
    known(facts.stages, "the Dockerfile could not be read")
    if not users or look.is_root(users[-1].text):
        return NotApplicable("it runs as root, which another check names")
    last = users[-1]
    if last.unresolved:
        return Unknown(f"USER {last.text[:40]}: a variable without a value (line {last.line})")
    fine = look.is_number(last.text)
    return Held(f"USER {last.text[:40]}") if fine else broken(f"USER {last.text[:40]} is a name", last.line)


CHECK = Check(
    id="dockerfile-user-number",
    control="identity",
    severity=Severity.LOW,
    title="an image's user is a number",
    why="Kubernetes' runAsNonRoot refuses a name, since only the image knows who it is; and /etc/passwd may say uid 0.",
    fix={"dockerfile": "USER 1000:1000"},
    references=("DL3066",),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nUSER 1000:1000",),
    bad=("FROM a\nUSER comfyuser", "FROM a\nUSER app:1000"),
    test=_test,
)
