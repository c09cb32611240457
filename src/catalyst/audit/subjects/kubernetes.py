"""Kubernetes manifests: every pod in them, every container in those, and all objects together."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from catalyst.audit.facts import Container, Health, Manifests, Pod, Variable
from catalyst.audit.run import Subject
from catalyst.audit.subjects import documents, words
from catalyst.audit.subjects.documents import Map, Seq, line_of
from catalyst.errors import SubjectUnreadable

# Where the pod of each kind of object is (kubernetes.io/docs/reference/kubernetes-api/workload-resources).
PODS = {
    "Pod": (), "PodTemplate": ("template",), "ReplicationController": ("spec", "template"),
        "ReplicaSet": ("spec", "template"),
    "Deployment": ("spec", "template"), "StatefulSet": ("spec", "template"), "DaemonSet": ("spec", "template"),
    "Job": ("spec", "template"), "CronJob": ("spec", "jobTemplate", "spec", "template"),
}  # fmt: skip
OLDEST, NEWEST = (1, 25), (1, 37)  # of the Pod Security Standards that the checks know
LISTS = ("containers", "initContainers", "ephemeralContainers")


def looks_like(tree: Any) -> bool:
    """Is it an object of Kubernetes?"""
    return isinstance(tree, Map) and "apiVersion" in tree and "kind" in tree


def read(data: bytes, name: str, version: tuple[int, int] = NEWEST) -> Subject:
    """Every object of a file, lists unpacked, to be held against the standards of that version. Raises SubjectUnreadable
    with the line."""
    found = list(_objects(documents.parse(documents.text_of(data, name), name), name))
    if not found:
        raise SubjectUnreadable(name, 0, "no object of Kubernetes in it")
    facts: list[Any] = []
    for one in found:
        pod = pod_of(one, name, version)
        facts += [pod, *containers(pod)] if pod else []
    return Subject("kubernetes", name, (*facts, Manifests(name="", objects=tuple(found))), file=name)


def example(text: str) -> Pod:
    """The pod whose specification is `text`, for the examples of checks."""
    body = "\n".join(f"  {line}" for line in text.splitlines())
    found = documents.parse(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: comfyui}}\nspec:\n{body}\n", "pod.yaml")[0]
    pod = pod_of(found, "pod.yaml")
    if pod is None:
        raise TypeError("the example is no pod")
    return pod


def example_container(text: str) -> Container:
    """The one container that is `text`."""
    body = "\n".join(f"    {line}" for line in text.splitlines())
    return containers(example(f"containers:\n  - name: comfyui\n{body}"))[0]


def example_objects(text: str) -> Manifests:
    """The objects that are `text`."""
    return Manifests(objects=tuple(_objects(documents.parse(text, "objects.yaml"), "objects.yaml")))


def _objects(found: list[Any], name: str) -> Iterator[Map]:
    for one in found:
        if one is None:
            continue
        if not looks_like(one):
            raise SubjectUnreadable(name, line_of(one) or 1, "no object of Kubernetes: it has no apiVersion and kind")
        kind, items = str(one["kind"]), one.get("items")
        if kind.endswith("List") and isinstance(items, Seq):
            yield from _objects(list(items), name)
        else:
            yield one


def pod_of(one: Map, name: str, version: tuple[int, int] = NEWEST) -> Pod | None:
    """The pod of an object, None where it has none. Raises SubjectUnreadable where it should have one."""
    kind, tree = str(one["kind"]), cast("Any", one)
    for key in PODS.get(kind, ("spec", "template")):
        tree = tree.get(key) if isinstance(tree, Map) else Map(0)
    meta, spec = (tree.get("metadata"), tree.get("spec")) if isinstance(tree, Map) else (None, None)
    if kind not in PODS and not (isinstance(spec, Map) and "containers" in spec):
        return None  # a kind that has no pod; one that is not known here may have one where a Deployment has it
    if not isinstance(spec, Map):
        raise SubjectUnreadable(name, one.line, f"a {kind} without the specification of a pod")
    _whole(spec, name)
    given = meta.get("annotations") if isinstance(meta, Map) else None
    outer = one.get("metadata")
    label = str(outer.get("name") or outer.get("generateName") or "?") if isinstance(outer, Map) else "?"
    space = str(outer.get("namespace") or "") if isinstance(outer, Map) else ""
    return Pod(name=f"{kind}/{label}", spec=spec, annotations=dict(given) if isinstance(given, Map) else {},
               namespace=space, line=one.line, version=version)  # fmt: skip


def _whole(spec: Map, name: str) -> None:
    """What checks take for granted: lists of mappings. The API server refuses anything else too."""
    for key in (*LISTS, "volumes"):
        value = spec.get(key)
        if value is not None and not (isinstance(value, Seq) and all(isinstance(one, Map) for one in value)):
            raise SubjectUnreadable(name, line_of(spec, key), f"{key} is no list of mappings")
    for where in (spec, *(one for key in LISTS for one in spec.get(key) or ())):
        for key in ("securityContext", "resources", "lifecycle"):
            if where.get(key) is not None and not isinstance(where[key], Map):
                raise SubjectUnreadable(name, line_of(where, key), f"{key} is no mapping")
    if not spec.get("containers"):
        raise SubjectUnreadable(name, spec.line, "a pod without containers")


def containers(pod: Pod) -> list[Container]:
    """Each container of a pod, with what it has from the pod. What Pod Security Standards ask is asked of the pod."""
    return [_container(pod, one) for key in LISTS for one in pod.spec.get(key) or ()]


def _container(pod: Pod, one: Map) -> Container:
    security = one.get("securityContext") or Map(one.line)
    limits = (one.get("resources") or Map(one.line)).get("limits") or Map(one.line)
    words_of = [str(word) for key in ("command", "args") for word in one.get(key) or ()]
    lines = {"": one.line, **{key: line_of(one, key) for key in one}, "environment": line_of(one, "env"),
             "read_only": line_of(security, "readOnlyRootFilesystem"), "memory": line_of(limits, "memory"),
             "workdir": line_of(one, "workingDir")}  # fmt: skip
    return Container(
        kind="kubernetes", name=f"{pod.name}/{one.get('name', '?')}", image=str(one.get("image") or ""),
        read_only=documents.truth(security.get("readOnlyRootFilesystem")) or False,
        memory=words.size(str(limits["memory"])) if "memory" in limits else 0, cpus="cpu" in limits,
        environment=_environment(one), command=tuple(words_of), workdir=str(one.get("workingDir") or ""),
        health=_health(one), hosts=(), lines=lines,
    )  # fmt: skip


def _environment(one: Map) -> tuple[Variable, ...]:
    found = []
    for at, given in enumerate(one.get("env") or ()):
        if isinstance(given, Map):
            value = given.get("value")
            found.append(Variable(str(given.get("name")), None if value is None else str(value), line_of(one["env"], at)))
    return tuple(found)


def _health(one: Mapping[str, Any]) -> Health:
    probes = [key for key in ("livenessProbe", "readinessProbe", "startupProbe") if one.get(key)]
    return Health(tuple(probes))
