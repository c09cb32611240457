"""A working directory that is a way out."""

import re

from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    workdir = known(facts.workdir, "its working directory is not known")
    leads = re.match(r"/+(?:proc/+(?:self|thread-self|\d+)/+(?:fd|cwd|root)|dev/fd)", workdir)
    return broken(f"working directory {workdir[:60]}", facts.line("working_dir")) if leads else Held(workdir
                                                                                                     or "the image's")


CHECK = Check(
    id="container-workdir",
    control="namespaces",
    severity=Severity.CRITICAL,
    title="a container does not start in a descriptor of the host",
    why="runc before 1.1.12 left a descriptor of the host open; a working directory of /proc/self/fd/N led to the "
    "host's root (CVE-2024-21626). Nobody writes that by mistake.",
    fix={"compose": "working_dir: /comfyui", "docker": "--workdir=/comfyui"},
    references=("CVE-2024-21626", "CWE-403"),
    about=Container,
    kinds=look.EVERY_CONTAINER,
    language="compose",
    good=("working_dir: /comfyui", "image: a"),
    bad=("working_dir: /proc/self/fd/8", "working_dir: //proc/self/cwd"),
    test=_test,
)
