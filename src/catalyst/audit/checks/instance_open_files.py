"""Files of the kernel that the engine leaves open."""


from catalyst.audit.facts import Instance
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity


def _test(facts: Instance) -> Outcome:
    found = known(facts.open_files, "the instance cannot be looked at")
    return judge((At(f"{path} is open: this engine's own list lacks it") for path in found),
                 "what the policy names is covered")


CHECK = Check(
    id="instance-open-files",
    control="masked-paths",
    severity=Severity.LOW,
    title="files of the kernel are covered also where the engine is old",
    why="Docker 20.10 and podman 4.3 do not cover /proc/interrupts, in which keystrokes of the host can be timed, and "
    "let nobody mount there.",
    fix={"": "a newer engine, or bubblewrap: catalyst up --engine bwrap"},
    references=("Catalyst: policy against reality",),
    about=Instance,
    language="instance",
    good=("identity | uid | 1000 | 1000",),
    bad=("open /proc/interrupts",),
    test=_test,
)
