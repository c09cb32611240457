"""Package lists in an image."""


from catalyst.audit.facts import Image
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Image) -> Outcome:
    found = known(facts.package_lists, "the image's files are not known")
    return broken(f"/{found[0]} and {len(found) - 1} more") if found else Held("none")


CHECK = Check(
    id="image-package-lists",
    control="image",
    severity=Severity.LOW,
    title="an image holds no package lists",
    why="They make it larger, and a later install from stale lists brings old versions.",
    fix={"": "rm -rf /var/lib/apt/lists/* in the RUN that fetched them"},
    references=("DL3009", "dockle DKL-DI-0005"),
    about=Image,
    language="image",
    good=("{}",),
    bad=('{"package_lists": ["var/lib/apt/lists/x_InRelease"]}',),
    test=_test,
)
