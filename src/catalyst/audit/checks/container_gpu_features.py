"""What of a GPU's driver is mounted."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    variables = known(facts.environment, "its environment is not known")
    wide = [one for one in variables if one.name == "NVIDIA_DRIVER_CAPABILITIES"
            and {"all", "display", "graphics"} & {word.strip() for word in (one.value or "").split(",")}]  # fmt: skip
    return judge((At(f"{one.name}={one.value}", one.line or facts.line("environment")) for one in wide),
                 "compute and utility")


CHECK = Check(
    id="container-gpu-features",
    control="devices",
    severity=Severity.LOW,
    title="only the parts of the GPU driver that ComfyUI uses are mounted",
    why="Each part is more code of a driver that runs in the kernel. ComfyUI uses compute and utility.",
    fix={"compose": "environment: [NVIDIA_DRIVER_CAPABILITIES=compute,utility]",
         "docker": "-e NVIDIA_DRIVER_CAPABILITIES=compute,utility"},
    references=("CVE-2025-23266",),
    about=Container,
    kinds=look.EVERY_CONTAINER,
    language="compose",
    good=("environment: [NVIDIA_DRIVER_CAPABILITIES=compute,utility]", "image: a"),
    bad=("environment: [NVIDIA_DRIVER_CAPABILITIES=all]",
         "environment: {NVIDIA_DRIVER_CAPABILITIES: 'compute, display'}"),
    test=_test,
)
