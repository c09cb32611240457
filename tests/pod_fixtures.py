"""Pods that the Pod Security Standards let pass or refuse, written from the standard
(kubernetes.io/docs/concepts/security/
pod-security-standards): each is the smallest pod of its level with one change. The upstream fixtures, where a folder of
them is named by CATALYST_TEST_PSS, are run as well (tests/unit/audit/test_pod_standards.py)."""

from collections.abc import Iterator
from typing import Any

CONTAINER = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"


def pod(**spec: Any) -> dict[str, Any]:
    """A pod that the restricted standard lets pass, with changes at the pod's level."""
    base = {
        "containers": [{"name": "one", "image": "a", "securityContext": dict(CONTAINER)}],
        "initContainers": [{"name": "first", "image": "a", "securityContext": dict(CONTAINER)}],
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": base | spec}


def inside(which: str, **changes: Any) -> dict[str, Any]:
    """With changes to the one container of a list; `securityContext` is merged."""
    made = pod()
    if which == "ephemeralContainers":
        made["spec"][which] = [{"name": "late", "image": "a", "securityContext": dict(CONTAINER)}]
    context = changes.pop("context", {})
    made["spec"][which][0] |= changes
    made["spec"][which][0]["securityContext"] = CONTAINER | context
    return made


def context(**changes: Any) -> dict[str, Any]:
    """With changes to the pod's security context; None takes a field out."""
    made = pod()
    merged = made["spec"]["securityContext"] | changes
    made["spec"]["securityContext"] = {key: value for key, value in merged.items() if value is not None}
    return made


def annotated(key: str, value: str) -> dict[str, Any]:
    made = pod()
    made["metadata"]["annotations"] = {key: value}
    return made


LISTS = ("containers", "initContainers", "ephemeralContainers")
VOLUMES = ("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "fc", "flexVolume", "flocker",
           "gcePersistentDisk", "gitRepo", "glusterfs", "iscsi", "nfs", "photonPersistentDisk", "portworxVolume",
           "quobyte",
           "rbd", "scaleIO", "storageos", "vsphereVolume")  # fmt: skip
FINE_VOLUMES = ("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected",
                "secret")  # fmt: skip
SAFE = ("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.ipv4.tcp_slow_start_after_idle",
        "net.ipv4.tcp_notsent_lowat")  # fmt: skip
DEFAULT = ("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "SETFCAP", "SETGID", "SETPCAP",
           "SETUID", "SYS_CHROOT")  # fmt: skip
BEYOND = ("NET_RAW", "SYS_ADMIN", "ALL", "cap_chown", "chown", "BPF")


def refused_by_baseline() -> Iterator[tuple[str, dict[str, Any]]]:
    """Pods that the baseline standard refuses, and so restricted too."""
    yield from ((f"{key}", pod(**{key: True})) for key in ("hostNetwork", "hostPID", "hostIPC"))
    yield "hostPath", pod(volumes=[{"name": "v", "hostPath": {"path": "/"}}])
    for kind in ("Unconfined", ""):
        yield f"seccomp {kind} of the pod", context(seccompProfile={"type": kind})
        yield f"apparmor {kind} of the pod", context(appArmorProfile={"type": kind})
    yield "selinux type", context(seLinuxOptions={"type": "spc_t"})
    yield "selinux user", context(seLinuxOptions={"user": "u"})
    yield "selinux role", context(seLinuxOptions={"role": "r"})
    yield "sysctl", context(sysctls=[{"name": "kernel.msgmax", "value": "1"}])
    yield "windows", context(windowsOptions={"hostProcess": True})
    yield "apparmor annotation", annotated(f"{APPARMOR}one", "unconfined")
    for which in LISTS:
        for name, changes in _of_a_container():
            yield f"{name} in {which}", inside(which, **changes)


def _of_a_container() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "privileged", {"context": {"privileged": True}}
    yield "hostPort", {"ports": [{"containerPort": 1, "hostPort": 1}]}
    yield "procMount", {"context": {"procMount": "Unmasked"}}
    yield "seccomp", {"context": {"seccompProfile": {"type": "Unconfined"}}}
    yield "apparmor", {"context": {"appArmorProfile": {"type": "Unconfined"}}}
    yield "selinux", {"context": {"seLinuxOptions": {"type": "container_runtime_t"}}}
    yield "windows", {"context": {"windowsOptions": {"hostProcess": True}}}
    for name in BEYOND:
        yield f"capability {name}", {"context": {"capabilities": {"drop": ["ALL"], "add": [name]}}}
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        for kind in ("httpGet", "tcpSocket"):
            yield f"{probe} {kind}", {probe: {kind: {"port": 1, "host": "127.0.0.1"}}}
    for event in ("postStart", "preStop"):
        yield event, {"lifecycle": {event: {"httpGet": {"port": 1, "host": "10.0.0.1"}}}}


def refused_by_restricted() -> Iterator[tuple[str, dict[str, Any]]]:
    """Pods that restricted refuses and baseline lets pass."""
    for kind in VOLUMES:
        yield f"volume {kind}", pod(volumes=[{"name": "v", kind: {"x": "y"}}])
    yield "volume of an unknown type", pod(volumes=[{"name": "v", "newDisk": {}}])
    yield "no runAsNonRoot", context(runAsNonRoot=None)
    yield "runAsNonRoot false", context(runAsNonRoot=False)
    yield "uid 0 of the pod", context(runAsUser=0)
    yield "no seccomp", context(seccompProfile=None)
    for which in LISTS:
        yield f"uid 0 in {which}", inside(which, context={"runAsUser": 0})
        yield f"runAsNonRoot false in {which}", inside(which, context={"runAsNonRoot": False})
        yield f"escalation in {which}", inside(which, context={"allowPrivilegeEscalation": True})
        yield f"escalation not said in {which}", inside(which, context={"allowPrivilegeEscalation": None})
        for given in ({}, {"drop": ["NET_RAW"]}, {"drop": ["all"]},
                      *({"drop": ["ALL"], "add": [name]} for name in DEFAULT)):
            yield f"capabilities {given} in {which}", inside(which, context={"capabilities": given})


def passed() -> Iterator[tuple[str, dict[str, Any]]]:
    """Pods that restricted lets pass."""
    yield "the smallest", pod()
    yield "false for the host's", pod(hostNetwork=False, hostPID=False, hostIPC=False)
    for kind in FINE_VOLUMES:
        yield f"volume {kind}", pod(volumes=[{"name": "v", kind: {}}])
    yield "volume of no type, which is an emptyDir", pod(volumes=[{"name": "v"}])
    for name in SAFE:
        yield f"sysctl {name}", context(sysctls=[{"name": name, "value": "1"}])
    for kind in ("container_t", "container_init_t", "container_kvm_t", "container_engine_t"):
        yield f"selinux {kind}", context(seLinuxOptions={"type": kind, "level": "s0"})
    yield "user namespace", {**pod(hostUsers=False), "spec": pod(hostUsers=False)["spec"] | {
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}, "runAsUser": 0}}}  # fmt: skip
    bare = {"containers": [{"name": "one", "image": "a"}], "securityContext": {"runAsNonRoot": True}}
    yield "for Windows", {**pod(), "spec": bare | {"os": {"name": "windows"}}}
    for value in ("runtime/default", "localhost/mine", ""):
        yield f"apparmor annotation {value}", annotated(f"{APPARMOR}one", value)
    for which in LISTS:
        yield f"bind in {which}", inside(which, context={"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}})
        yield f"procMount in {which}", inside(which, context={"procMount": "Default"})
        yield f"localhost in {which}", inside(which, context={"seccompProfile": {"type": "Localhost"}})
        yield f"probe in {which}", inside(which, livenessProbe={"httpGet": {"port": 1, "path": "/"}})
        yield f"uid 1 in {which}", inside(which, context={"runAsUser": 1, "runAsNonRoot": True})
        yield f"port in {which}", inside(which, ports=[{"containerPort": 1, "hostPort": 0}])
