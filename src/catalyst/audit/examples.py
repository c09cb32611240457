"""The languages that examples of checks are written in, and how each is read."""

from collections.abc import Callable, Mapping
from typing import Any

from catalyst.audit import accept
from catalyst.audit.facts import Lint, Reported, Text, Vulnerabilities
from catalyst.audit.subjects import comfyui, compose, container, dockerfile, host, image, instance, kubernetes


def _reported(text: str) -> tuple[Reported, ...]:
    severity, _, identity = text.partition(" ")
    return (Reported(identity, severity, identity),)


LANGUAGES: Mapping[str, Callable[[str], Any]] = {
    "compose": compose.example,
    "docker inspect": container.example,
    "dockerfile": lambda text: dockerfile.read(text.encode(), "Dockerfile"),
    "kubernetes pod": kubernetes.example,
    "kubernetes container": kubernetes.example_container,
    "kubernetes object": lambda text: kubernetes.read(text.encode(), "pod.yaml").facts[0],
    "kubernetes objects": kubernetes.example_objects,
    "image": image.example,
    "comfyui": comfyui.example,
    "host": host.example,
    "instance": instance.example,
    "exceptions": accept.example,
    "vulnerabilities": lambda text: Vulnerabilities(by="an example", found=_reported(text)),
    "lint": lambda text: Lint(by="an example", found=_reported(text)),
    "text": lambda text: Text(lines=tuple(text.splitlines()), beside=()),
}
