"""What docker and podman are asked in the same words."""

import re

from catalyst.engine import process
from catalyst.engine.engine import Unusable, Usable


def find(program: str, oldest: tuple[int, int], template: str, install: str, start: str) -> Usable | Unusable:
    """Is the client there, does its engine answer `version`, is that new enough?"""
    answer = process.run([program, "version", "--format", template])
    if answer.code == process.MISSING:
        return Unusable(f"{program} is not installed", install)
    version = answer.out.strip()
    if answer.code != 0 or not version:
        said = (answer.err.strip().splitlines() or [f"exit code {answer.code}"])[-1]
        return Unusable(f"{program} does not answer: {said}", start)
    found = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if found < oldest:
        return Unusable(f"{program} {version} is older than {'.'.join(map(str, oldest))}", install)
    return Usable(f"{program} {version}")


def has_image(program: str, image: str) -> bool:
    """Is the image here? Nothing is pulled: what runs was chosen and pulled by its owner."""
    return process.run([program, "image", "inspect", "--format", "{{.Id}}", image]).code == 0


def remove(program: str, at_once: tuple[str, ...], instance: str) -> None:
    """End and remove the containers that carry the instance's label, running or not."""
    listed = process.run([program, "ps", "--all", "--quiet", "--filter", f"label=catalyst.instance={instance}"])
    containers = listed.out.split()
    if containers:
        process.run([program, "rm", "--force", "--volumes", *at_once, *containers], timeout=60)


def pid(program: str, instance: str) -> int | None:
    """PID 1 of the instance's container as this host sees it; None where it runs elsewhere (a virtual machine)."""
    answer = process.run([program, "inspect", "--format", "{{.State.Pid}}", f"catalyst-{instance}"])
    number = answer.out.strip()
    return int(number) if answer.code == 0 and number.isdigit() and int(number) else None
