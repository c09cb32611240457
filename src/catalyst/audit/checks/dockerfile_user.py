"""Who the image runs as."""


from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import Check, Held, Outcome, Unknown, broken, known
from catalyst.severity import Severity


def _test(facts: Dockerfile) -> Outcome:
    users = look.final(facts, "USER")
    stages = known(facts.stages, "the Dockerfile could not be read")
    if not users:
        return broken(f"no USER, so whatever {stages[-1].base[:60]} says, mostly root", stages[-1].line)
    last = users[-1]
    if last.unresolved:
        return Unknown(f"USER {last.text[:40]}: a variable without a value (line {last.line})")
    return broken(f"USER {last.text[:40]}", last.line) if look.is_root(last.text) else Held(f"USER {last.text[:40]}")


CHECK = Check(
    id="dockerfile-user",
    control="identity",
    severity=Severity.HIGH,
    title="an image does not run as root",
    why="Whoever starts the image without a word about users gets what its last USER says. Root inside is one kernel "
    "bug or one wrong mount away from root outside.",
    fix={"dockerfile": "USER 1000:1000"},
    references=("CIS 4.1", "DS-0002", "DL3002", "CKV_DOCKER_8", "CWE-250"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nUSER 1000", "FROM a AS b\nUSER 1000\nFROM b", "FROM a\nUSER root\nRUN x\nUSER app",
          "FROM a\nARG U=1000\nUSER $U"),
    bad=("FROM a", "FROM a\nUSER root", "FROM a\nUSER 0:0", "FROM a AS b\nUSER 1000\nFROM a", "FROM a\nUSER 1000\nUSER 0",
         "FROM a\nRUN <<EOF\nUSER 1000\nEOF"),
    test=_test,
)
