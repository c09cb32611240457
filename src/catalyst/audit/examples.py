"""The languages that examples of checks are written in, and how each is read."""

from collections.abc import Callable, Mapping
from typing import Any

from catalyst.audit.facts import Text
from catalyst.audit.subjects import compose, container, dockerfile, kubernetes

LANGUAGES: Mapping[str, Callable[[str], Any]] = {
    "compose": compose.example,
    "docker inspect": container.example,
    "dockerfile": lambda text: dockerfile.read(text.encode(), "Dockerfile"),
    "kubernetes pod": kubernetes.example,
    "kubernetes container": kubernetes.example_container,
    "kubernetes object": lambda text: kubernetes.read(text.encode(), "pod.yaml").facts[0],
    "kubernetes objects": kubernetes.example_objects,
    "text": lambda text: Text(lines=tuple(text.splitlines()), beside=()),
}
