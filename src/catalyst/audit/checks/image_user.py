"""Who an image runs as."""


from catalyst.audit import look
from catalyst.audit.facts import Image
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Image) -> Outcome:
    user = str(known(facts.config, "the image's configuration is not known").get("User") or "")
    return broken(f"runs as {user or 'root'}") if look.is_root(user) else Held(f"runs as {user[:40]}")


CHECK = Check(
    id="image-user",
    control="identity",
    severity=Severity.HIGH,
    title="an image does not run as root",
    why="Whoever starts it without a word about users gets what it says. docker-bench takes 0:0 and root:root for a "
    "user.",
    fix={"": "USER 1000:1000 in its Dockerfile, or --user=1000:1000 at the start"},
    references=("CIS 4.1", "DS-0002", "dockle CIS-DI-0001", "CWE-250"),
    about=Image,
    language="image",
    good=('{"config": {"User": "1000:1000"}}',),
    bad=("{}", '{"config": {"User": "0:0"}}', '{"config": {"User": "root:root"}}'),
    test=_test,
)
