"""Programs in memory."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    folders = known(facts.tmpfs, "its folders in memory are not known")
    places = [At(f"tmpfs {one.target} with exec", one.line or facts.line("tmpfs")) for one in folders
              if "exec" in one.options.split(",")]  # fmt: skip
    return judge(places, f"{len(folders)} folders in memory, noexec by the engine's default")


CHECK = Check(
    id="container-memory-folder",
    control="execution",
    severity=Severity.LOW,
    title="no program runs from a folder in memory",
    why="It is writable and leaves no trace: the place to put a downloaded program. Interpreters run from there all the"
    " same.",
    fix={"compose": "tmpfs: ['/tmp:noexec,nosuid,nodev,size=4g']", "docker": "--tmpfs /tmp:noexec,nosuid,nodev,size=4g"},
    references=("CL-0022",),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("image: a", "tmpfs: /tmp", "tmpfs: [/tmp:noexec]"),
    bad=("tmpfs: /tmp:exec", "tmpfs: ['/run:rw,exec,size=1g']"),
    test=_test,
)
