"""What everybody may write."""


from catalyst.audit.facts import Image
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity


def _test(facts: Image) -> Outcome:
    files = known(facts.files, "the image's files are not known")
    found = [one for one in files if one.mode & 0o002 and not one.mode & 0o1000]
    return judge((At(f"{one.path} with mode {one.mode:04o}") for one in found[:20]), "nothing")


CHECK = Check(
    id="image-modes",
    control="write-confinement",
    severity=Severity.MEDIUM,
    title="nothing in an image may be written by everybody",
    why="Home and workspace belong to the user who runs, with 0750; what everybody may write, everybody may replace.",
    fix={"": "RUN install -d -m 0750 -o 1000 -g 1000 /home/comfyuser /workspace"},
    references=("Catalyst: ownership and modes", "CWE-732"),
    about=Image,
    language="image",
    good=('{"files": [["/usr/bin/su", 2541, 0, 0]]}',),
    bad=('{"files": [["/workspace", 511, 0, 0]]}',),
    test=_test,
)
