"""Devices of the host."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, Outcome, broken, judge, known
from catalyst.severity import Severity

# GPUs and what they need; a GPU is why ComfyUI asks for devices at all.
GPU = re.compile(r"/dev/(?:nvidia[\w-]*|nvidia-caps(?:/.*)?|dri(?:/.*)?|kfd|dxg|accel(?:/.*)?)")


def _places(facts: Container) -> Iterator[At]:
    line = facts.line("devices")
    for one in known(facts.devices, "its devices are not known"):
        source = look.normal(one.partition(":")[0]) if one.startswith("/") else one
        if not GPU.fullmatch(source) and source.startswith("/"):
            yield At(f"device {source}", line)
    for rule in known(facts.device_rules, "its device rules are not known"):
        if re.match(r"[abc]\s+\*", rule) or (rule.startswith("b") and "m" in rule.split()[-1]):
            yield At(f"device rule {rule}", facts.line("device_cgroup_rules"))


def _test(facts: Container) -> Outcome:
    if facts.privileged:
        return broken("every device, because it is privileged", facts.line("privileged"))
    return judge(_places(facts), f"{len(facts.devices or ())} devices, none but GPUs")


CHECK = Check(
    id="container-devices",
    control="devices",
    severity=Severity.HIGH,
    title="a container gets no device of the host but a GPU",
    why="A disk is the host's file system without its permissions; /dev/mem, /dev/kvm, /dev/fuse and input devices lead"
    " to the host too.",
    fix={"compose": "devices: []", "docker": "leave out --device; for a GPU: --gpus=all"},
    references=("CIS 5.18", "CL-0016", "CWE-250"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("devices: [/dev/nvidia0:/dev/nvidia0, /dev/dri]", "devices: [nvidia.com/gpu=all]"),
    bad=("devices: [/dev/sda:/dev/sda]", "devices: [/dev/mem]", "device_cgroup_rules: ['b *:* rmw']", "privileged: true",
         "devices: [/dev/dri/../sda]"),
    test=_test,
)
