"""Variables that put code into every program."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity

NAMES = {"LD_PRELOAD", "LD_AUDIT", "PYTHONSTARTUP", "BASH_ENV", "NODE_OPTIONS"}


def _test(facts: Container) -> Outcome:
    variables = known(facts.environment, "its environment is not known")
    found = [one for one in variables if one.name in NAMES and one.value != "" and "jemalloc" not in (one.value or "")]
    return judge((At(f"{one.name} is set", one.line or facts.line("environment")) for one in found),
                 "none of them is set")


CHECK = Check(
    id="container-loader-environment",
    control="clean-environment",
    severity=Severity.HIGH,
    title="no variable puts code into every program of a container",
    why="LD_PRELOAD of a container reached a privileged hook on the host with NVIDIA's toolkit up to 1.17.7 "
    "(CVE-2025-23266). Preloading an allocator such as jemalloc is left alone.",
    fix={"compose": "environment: {}", "docker": "leave out -e LD_PRELOAD=…"},
    references=("CVE-2025-23266", "CWE-426"),
    about=Container,
    kinds=look.EVERY_CONTAINER,
    language="compose",
    good=("environment: [A=b]", "environment: [LD_PRELOAD=/usr/lib/libjemalloc.so.2]"),
    bad=("environment: [LD_PRELOAD=/proc/self/cwd/x.so]", "environment: {LD_AUDIT: /x.so}"),
    test=_test,
)
