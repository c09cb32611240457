"""What is changed in a Kubernetes manifest, by check: fields of Pod Security Standards, and what a pod gets unasked."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from catalyst.audit import pods
from catalyst.audit.checks.pod_capabilities_baseline import ALLOWED
from catalyst.audit.checks.pod_sysctls import SAFE
from catalyst.audit.facts import Pod
from catalyst.audit.mend.layout import Change, Path
from catalyst.audit.mend.nodes import NotMended
from catalyst.audit.subjects import kubernetes
from catalyst.audit.subjects.documents import Map, Seq, truth

USER = 1000  # as the checks' own `fix` lines say
CONTEXT = "securityContext"
Plan = Callable[[Map, Path], Iterator[Change]]


def places(tree: list[Any], part: str) -> list[tuple[Any, Path]]:
    """The specification of the pod of that name, or its container; several where objects share a name."""
    found: list[tuple[Any, Path]] = []
    for one, path in _objects(tree, ()):
        pod = kubernetes.pod_of(one, "")
        if pod is not None:
            found += _parts(pod, (*path, *kubernetes.PODS.get(str(one["kind"]), ("spec", "template")), "spec"), part)
    return found


def _parts(pod: Pod, path: Path, part: str) -> Iterator[tuple[Any, Path]]:
    if pods.windows(pod) and f"{part}/".startswith(f"{pod.name}/"):
        raise NotMended("a pod for Windows may not have the fields that would be set")
    if pod.name == part:
        yield pod.spec, path
    for one, where in _containers(pod.spec, path):
        if f"{pod.name}/{one.get('name', '?')}" == part:
            yield one, where


def _objects(tree: list[Any], path: Path) -> Iterator[tuple[Map, Path]]:
    for at, one in enumerate(tree):
        if isinstance(one, Map) and str(one.get("kind")).endswith("List") and isinstance(one.get("items"), Seq):
            yield from _objects(one["items"], (*path, at, "items"))
        elif one is not None:
            yield one, (*path, at)


def _containers(spec: Map, path: Path) -> Iterator[tuple[Map, Path]]:
    for key in pods.LISTS:
        for at, one in enumerate(spec.get(key) or ()):
            yield one, (*path, key, at)


def _contexts(spec: Map, path: Path) -> Iterator[tuple[Map, Path]]:
    """Every security context that is there, of the pod and of its containers."""
    for holder, where in ((spec, path), *_containers(spec, path)):
        if isinstance(holder.get(CONTEXT), Map):
            yield holder[CONTEXT], (*where, CONTEXT)


def put(holder: Map, path: Path, keys: tuple[str, ...], value: Any) -> Change:
    """Set what lies under these keys; the mappings between that are missing are made."""
    for at, key in enumerate(keys[:-1]):
        inner = holder.get(key)
        if not isinstance(inner, Map):
            for missing in reversed(keys[at + 1 :]):
                value = {missing: value}
            return Change("set", (*path, *keys[: at + 1]), value)
        holder = inner
    return Change("set", (*path, *keys), value)


def _pod(*keys: str, value: Any) -> Plan:
    def plan(spec: Map, path: Path) -> Iterator[Change]:
        yield put(spec, path, keys, value)

    return plan


def _where_set(key: str, wrong: Callable[[Any], bool], value: Any, *inner: str) -> Plan:
    """In every security context that has a wrong value there, another one."""

    def plan(spec: Map, path: Path) -> Iterator[Change]:
        for context, where in _contexts(spec, path):
            if context.get(key) is not None and wrong(context[key]):
                yield put(context, where, (key, *inner), value)

    return plan


def _kind(value: Any) -> Any:
    return value.get("type") if isinstance(value, Map) else value


def _unfiltered(value: Any) -> bool:
    return _kind(value) not in {"RuntimeDefault", "Localhost"}


def _seccomp(spec: Map, path: Path) -> Iterator[Change]:
    for context, where in _contexts(spec, path):
        if context.get("seccompProfile") is not None and _unfiltered(context["seccompProfile"]):
            yield put(context, where, ("seccompProfile", "type"), "RuntimeDefault")
    if pods.mapping(spec, CONTEXT).get("seccompProfile") is None and any(
        pods.mapping(one, CONTEXT).get("seccompProfile") is None for one, _ in _containers(spec, path)
    ):
        yield put(spec, path, (CONTEXT, "seccompProfile", "type"), "RuntimeDefault")


def _not_root(spec: Map, path: Path) -> Iterator[Change]:
    for context, where in _contexts(spec, path):
        if context.get("runAsNonRoot") is not None and truth(context["runAsNonRoot"]) is not True:
            yield put(context, where, ("runAsNonRoot",), True)
    if pods.mapping(spec, CONTEXT).get("runAsNonRoot") is None:
        yield put(spec, path, (CONTEXT, "runAsNonRoot"), True)


def _escalation(spec: Map, path: Path) -> Iterator[Change]:
    for one, where in _containers(spec, path):
        if truth(pods.mapping(one, CONTEXT).get("allowPrivilegeEscalation")) is not False:
            yield put(one, where, (CONTEXT, "allowPrivilegeEscalation"), False)


def _added(wrong: Callable[[str], bool]) -> Plan:
    def plan(spec: Map, path: Path) -> Iterator[Change]:
        for context, where in _contexts(spec, path):
            added = pods.items(pods.mapping(context, "capabilities"), "add")
            for at in reversed(range(len(added))):
                if wrong(str(added[at])):
                    yield Change("remove", (*where, "capabilities", "add", at))

    return plan


def _capabilities(spec: Map, path: Path) -> Iterator[Change]:
    yield from _added(lambda name: name != "NET_BIND_SERVICE")(spec, path)
    for one, where in _containers(spec, path):
        given = pods.mapping(pods.mapping(one, CONTEXT), "capabilities")
        dropped = pods.items(given, "drop")
        if dropped and "ALL" not in dropped:
            yield Change("append", (*where, CONTEXT, "capabilities", "drop"), "ALL")
        elif not dropped:
            yield put(one, where, (CONTEXT, "capabilities", "drop"), ["ALL"])


def _host_namespaces(spec: Map, path: Path) -> Iterator[Change]:
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key) is not None and truth(spec[key]) is not False:
            yield put(spec, path, (key,), False)


def _host_ports(spec: Map, path: Path) -> Iterator[Change]:
    for one, where in _containers(spec, path):
        for at, port in enumerate(pods.items(one, "ports")):
            if isinstance(port, Map) and port.get("hostPort") not in {None, 0}:
                yield Change("set", (*where, "ports", at, "hostPort"), 0)


def _selinux(spec: Map, path: Path) -> Iterator[Change]:
    for context, where in _contexts(spec, path):
        given = pods.mapping(context, "seLinuxOptions")
        if given.get("type") not in {None, "", "container_t", "container_init_t", "container_kvm_t"}:
            yield put(context, where, ("seLinuxOptions", "type"), "container_t")
        for key in ("user", "role"):
            if given.get(key):
                yield put(context, where, ("seLinuxOptions", key), "")


def _settings(spec: Map, path: Path) -> Iterator[Change]:
    given = pods.items(pods.mapping(spec, CONTEXT), "sysctls")
    for at in reversed(range(len(given))):
        if not isinstance(given[at], Map):
            raise NotMended("its kernel settings are no list of names and values")
        if str(given[at].get("name")) not in SAFE:
            yield Change("remove", (*path, CONTEXT, "sysctls", at))


def _windows(value: Any) -> bool:
    return isinstance(value, Map) and truth(value.get("hostProcess")) is not False


def _read_only(one: Map, path: Path) -> Iterator[Change]:
    yield put(one, path, (CONTEXT, "readOnlyRootFilesystem"), True)


def _gpu(one: Map, path: Path) -> Iterator[Change]:
    for at, given in enumerate(one.get("env") or ()):
        if isinstance(given, Map) and given.get("name") == "NVIDIA_DRIVER_CAPABILITIES":
            yield Change("set", (*path, "env", at, "value"), "compute,utility")


PLANS: Mapping[str, Plan] = {
    "container-gpu-features": _gpu,
    "container-read-only": _read_only,
    "pod-apparmor": _where_set("appArmorProfile", _unfiltered, "RuntimeDefault", "type"),
    "pod-capabilities": _capabilities,
    "pod-capabilities-baseline": _added(lambda name: name not in ALLOWED),
    "pod-host-namespaces": _host_namespaces,
    "pod-host-ports": _host_ports,
    "pod-not-root": _not_root,
    "pod-privilege-escalation": _escalation,
    "pod-privileged": _where_set("privileged", lambda value: truth(value) is not False, False),
    "pod-proc-mount": _where_set("procMount", lambda value: value != "Default", "Default"),
    "pod-proc-mount-restricted": _where_set("procMount", lambda value: value != "Default", "Default"),
    "pod-seccomp": _seccomp,
    "pod-seccomp-baseline": _where_set("seccompProfile", _unfiltered, "RuntimeDefault", "type"),
    "pod-selinux": _selinux,
    "pod-service-account": _pod("automountServiceAccountToken", value=False),
    "pod-service-environment": _pod("enableServiceLinks", value=False),
    "pod-shared-processes": _pod("shareProcessNamespace", value=False),
    "pod-sysctls": _settings,
    "pod-user": _where_set("runAsUser", lambda value: value in {0, "0"}, USER),
    "pod-windows-host-process": _where_set("windowsOptions", _windows, False, "hostProcess"),
}
