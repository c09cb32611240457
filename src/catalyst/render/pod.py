"""The pod of `front` and `workload` as Kubernetes objects: filled rule by rule, then written out in one order. Where models
are named an init container, `fetch`, has ended before the two start (two.py says why it is none of them)."""

import json
from collections.abc import Iterable, Mapping
from functools import cache

from catalyst.egress import addresses, rules
from catalyst.egress.addresses import Kind
from catalyst.policy.model import (
    TRACES,
    Devices,
    ForensicCleanup,
    Identity,
    Limits,
    Network,
    Place,
    Policy,
    Reach,
    Scratch,
    SystemCalls,
    Writable,
)  # fmt: skip
from catalyst.render import two, yaml
from catalyst.render.lsm.profile import digest
from catalyst.render.seccomp import oci
from catalyst.render.target import Sandbox
from catalyst.render.yaml import Node
from catalyst.workloads.model import DATA, DOOR, OUT, SCRATCH

Object = Mapping[str, Node]

NAME = "catalyst"
LABELS: Mapping[str, Node] = {"app.kubernetes.io/name": NAME}
PORT = 8080  # the gateway's in the pod: 8188 of the same loopback is ComfyUI's
GIB = 1 << 30
STATE_SIZE, DATA_SIZE = "64Mi", "100Gi"
MACHINES = ("x86_64", "aarch64")
# Resource names of the vendors' device plug-ins.
GPU = {"nvidia": "nvidia.com/gpu", "amd": "amd.com/gpu", "intel": "gpu.intel.com/i915"}
# A path on the machine that renders. Front gets the vault, and what opens it, from an object Secret of the owner's making.
NOT_HERE = frozenset({two.VAULT})
SECRET: Mapping[str, Node] = {"secretName": two.SECRET, "defaultMode": 0o400}
WAYS = {"door": 64 << 10, "out": 1 << 20}  # bytes: a socket and a report; a socket and the certificates to trust
WAY = 64 << 10
OUTSIDE: Object = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"cpu": "2", "memory": "1Gi"}}
# Of the owner's making, too: the list of models, at a place where nobody in the pod can write.
MODELS, MANIFEST, MANIFEST_KEY = "catalyst-models", "/run/catalyst-models.toml", "models.toml"

class Pod:
    """What the rules of a policy come to. `security` is every container's, `filter` the workload's alone: gateway and broker
    need calls that the workload has no use for, and have the runtime's profile. `spec` is the pod's."""

    def __init__(self, policy: Policy, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.security: dict[str, Node] = {"privileged": False, "readOnlyRootFilesystem": True}
        self.filter: dict[str, Node] = {}
        self.spec: dict[str, Node] = {"automountServiceAccountToken": False}
        self.pod_security: dict[str, Node] = {"seccompProfile": {"type": "RuntimeDefault"}}
        self.resources: dict[str, Node] = {}
        self.volumes: list[Object] = []
        self.mounts: list[Object] = [
            {"name": "data", "mountPath": DATA},
            {"name": "door", "mountPath": DOOR},
            {"name": "out", "mountPath": OUT, "readOnly": True},
        ]
        self.front_mounts: list[Object] = [
            {"name": "state", "mountPath": DATA, "subPath": "front"},
            {"name": "door", "mountPath": DOOR, "readOnly": True},
            {"name": "out", "mountPath": OUT},
        ]
        for name, size in WAYS.items():
            self._volume(name, size)
        self.front_variables = {"CATALYST_PORT": str(PORT)}
        # the NetworkPolicy is the whole pod's, so where the workload has no way out there is none for models
        self.fetch_variables = named(sandbox) if "out" in two.sockets(policy) else {}
        self.fetch_mounts: list[Object] = []
        self.egress: list[Object] = []
        self.ingress: list[Object] = []
        self.profile = ""
        if self.fetch_variables:
            self._fetch()

    def _fetch(self) -> None:
        """It writes models, and of the rest of the data nothing; its own files are beside front's, and neither sees the
        other's. A folder of a claim that is missing is made by the kubelet, with the claim's mode and group."""
        self.fetch_mounts += [
            {"name": "state", "mountPath": DATA, "subPath": "fetch"},
            {"name": "data", "mountPath": f"{DATA}/{Place.MODELS.value}", "subPath": Place.MODELS.value},
        ]
        for name, path, size in (("fetch-tmp", "/tmp", 64 << 20), ("fetch-scratch", SCRATCH, WAY)):
            self._volume(name, size)
            self.fetch_mounts.append({"name": name, "mountPath": path})
        if two.MANIFEST in self.fetch_variables:
            self.fetch_variables[two.MANIFEST] = MANIFEST
            self.volumes.append({"name": MODELS, "configMap": {"name": MODELS}})
            self.fetch_mounts.append({"name": MODELS, "mountPath": MANIFEST, "subPath": MANIFEST_KEY, "readOnly": True})

    def user(self, rule: Identity) -> None:
        """fsGroup gives the volumes to the group; OnRootMismatch leaves a large one alone from the second start on."""
        self.pod_security |= {
            "runAsNonRoot": True, "runAsUser": rule.uid, "runAsGroup": rule.gid, "fsGroup": rule.gid,
            "fsGroupChangePolicy": "OnRootMismatch",
        }  # fmt: skip

    def system_calls(self, rule: SystemCalls) -> None:
        """Our profile by the name of its text, so that a pod never runs under an older one (docs: lsm.md)."""
        name, self.profile = _profile(rule)
        # cluster-scoped from the operator's 0.9.0 on, and so without a namespace in its path
        self.filter["seccompProfile"] = {"type": "Localhost", "localhostProfile": f"operator/{name}.json"}

    def limits(self, rule: Limits) -> None:
        """The request is what a first small model needs, and is the owner's to raise."""
        memory = f"{rule.memory // GIB}Gi" if rule.memory % GIB == 0 else str(rule.memory)
        self.resources = {"requests": {"cpu": "1", "memory": "8Gi"}, "limits": {"cpu": "8", "memory": memory}}

    def devices(self, rule: Devices) -> None:
        """Devices come as a resource; the plug-in of the node brings nodes and libraries."""
        wanted: dict[str, Node] = {GPU[vendor]: 1 for vendor in sorted(rule.vendors)}
        if wanted:
            limits = self.resources.get("limits", {})
            self.resources["limits"] = {**(limits if isinstance(limits, Mapping) else {}), **wanted}

    def scratch(self, rule: Scratch) -> None:
        """Volumes in memory count as the container's, so they are within its limit."""
        for name, path in (("scratch", SCRATCH), ("tmp", "/tmp"), ("shm", "/dev/shm")):
            self._memory(name, path, rule.bytes)
        for name, path, size in (("front-tmp", "/tmp", 64 << 20), ("front-scratch", SCRATCH, WAY)):
            self._volume(name, size)
            self.front_mounts.append({"name": name, "mountPath": path})

    def traces(self, policy: Policy, rule: ForensicCleanup) -> None:
        """Traces are in memory; a volume on a folder of another is mounted after it."""
        may = {place for one in policy if isinstance(one.rule, Writable) for place in one.rule.places}
        for place in sorted((TRACES - rule.on_disk) & may):
            self._memory(place.value, f"{DATA}/{place.value}", rule.bytes)

    def vault(self) -> None:
        """The workload's neither: containers share no process and no file but the ways. fsGroup lets their user read it."""
        self.volumes.append({"name": "vault", "secret": SECRET})
        for mounts, variables in ((self.front_mounts, self.front_variables), (self.fetch_mounts, self.fetch_variables)):
            if variables:
                mounts.append({"name": "vault", "mountPath": two.SECRETS, "readOnly": True})
                variables[two.VAULT] = f"{two.SECRETS}/{two.SECRET}"

    def _volume(self, name: str, size: int) -> None:
        """In memory, so that the node keeps nothing, and of a size: what lies on its disk without one can fill it."""
        self.volumes.append({"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": size}})

    def _memory(self, name: str, path: str, size: int) -> None:
        self._volume(name, size)
        self.mounts.append({"name": name, "mountPath": path})

    def network(self, rule: Network) -> None:
        """The broker's way out, and who reaches the gateway; the workload has no other way than the broker.

        Addresses that the broker never reaches are closed here too, private ones unless a rule of its opens some: which,
        only it knows. In public mode anybody reaches the gateway, behind the login. Else nobody but the node, whose kubelet
        probes and forwards ports: traffic from a pod's own node is always let through
        (kubernetes.io/docs/concepts/services-networking).
        """
        port: Node = [{"protocol": "TCP", "port": PORT}]
        if rule.reach is Reach.INTERNET:
            self.ingress = [{"ports": port}]
        if rule.reach is Reach.NOWHERE:
            return
        names: Node = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
        opened = {Kind.PUBLIC, *(kind for host in rule.hosts for kind in rules.parse(host).opens)}
        if rule.private:
            opened.add(Kind.PRIVATE)
        blocks: list[Node] = [
            {"ipBlock": {"cidr": everything, "except": addresses.shut(version, frozenset(opened))}}
            for version, everything in ((4, "0.0.0.0/0"), (6, "::/0"))
        ]
        resolver: Node = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}]
        self.egress = [{"to": resolver, "ports": names}, {"to": blocks, "ports": _ports(rule)}]


def _ports(rule: Network) -> Node:
    """Without a port a rule means every one, so TCP is said in any case; the broker opens nothing else."""
    ports = {rules.parse(one).port for one in rule.hosts}
    if rule.reach is Reach.INTERNET or None in ports:
        return [{"protocol": "TCP"}]
    return [{"protocol": "TCP", "port": port} for port in sorted(port for port in ports if port is not None)]


def named(sandbox: Sandbox) -> dict[str, str]:
    """The variables that name models."""
    return {name: text for name, text in sandbox.variables if name in two.ORDERS}


@cache
def _profile(rule: SystemCalls) -> tuple[str, str]:
    """The name of the operator's object, and its text, which is most of a pod's."""
    spec = _merged(rule)
    name = f"{NAME}-{digest(json.dumps(spec))}"
    return name, yaml.dump({
        "apiVersion": "security-profiles-operator.x-k8s.io/v1beta1", "kind": "SeccompProfile",
        "metadata": {"name": name, "labels": LABELS}, "spec": spec,
    })  # fmt: skip


def _merged(rule: SystemCalls) -> Object:
    """The profile with the architectures of every machine that has a table; a cluster may have both.

    The calls differ per machine in the numbers behind them only, and those are the runtime's to look up.
    """
    profiles = [json.loads(oci.profile(rule, machine)) for machine in MACHINES]
    return {
        "defaultAction": profiles[0]["defaultAction"],
        "architectures": [one for profile in profiles for one in profile["architectures"]],
        "syscalls": profiles[0]["syscalls"],
    }


def documents(pod: Pod) -> Iterable[str]:
    """Every object, in the order in which they are needed."""
    restricted: dict[str, Node] = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    labels: Node = {**LABELS, **restricted}
    yield yaml.dump({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAME, "labels": labels}})
    if pod.profile:
        yield pod.profile
    yield from map(yaml.dump, _objects(pod))


def _objects(pod: Pod) -> Iterable[Object]:
    """Those of our namespace."""
    elsewhere = NOT_HERE | pod.fetch_variables.keys()
    yield _object("v1", "ConfigMap", data={name: text for name, text in pod.sandbox.variables if name not in elsewhere})
    yield _object("v1", "ServiceAccount", automountServiceAccountToken=False)
    yield _object("networking.k8s.io/v1", "NetworkPolicy", spec={
        "podSelector": {"matchLabels": LABELS}, "policyTypes": ["Ingress", "Egress"], "ingress": pod.ingress,
        "egress": pod.egress,
    })  # fmt: skip
    yield _object("policy/v1", "PodDisruptionBudget", spec={"maxUnavailable": 1, "selector": {"matchLabels": LABELS}})
    yield _object("v1", "Service", spec={
        # A login lives in the pod that gave it, so a visitor is led to the same one again.
        "selector": LABELS, "sessionAffinity": "ClientIP",
        "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
    })  # fmt: skip
    yield _object("apps/v1", "StatefulSet", spec={
        "serviceName": NAME, "replicas": 1, "selector": {"matchLabels": LABELS},
        "template": {"metadata": {"labels": LABELS}, "spec": _spec(pod)},
        "volumeClaimTemplates": [_claim("data", DATA_SIZE), _claim("state", STATE_SIZE)],
    })  # fmt: skip


def _object(version: str, kind: str, **rest: Node) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": NAME, "namespace": NAME, "labels": LABELS}, **rest}


def _claim(name: str, size: str) -> Node:
    return {"metadata": {"name": name},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}}  # fmt: skip


def _spec(pod: Pod) -> Node:
    return {
        "serviceAccountName": NAME,
        **pod.spec,
        "securityContext": pod.pod_security,
        "terminationGracePeriodSeconds": pod.sandbox.workload.grace + 20,
        **({"initContainers": [_fetch(pod)]} if pod.fetch_variables else {}),
        "containers": [_front(pod), _workload(pod)],
        "volumes": pod.volumes,
    }


def _container(pod: Pod, role: str, security: Node, **rest: Node) -> Node:
    return {
        "name": role, "image": pod.sandbox.image, "imagePullPolicy": "IfNotPresent", "args": [role],
        "envFrom": [{"configMapRef": {"name": NAME}}], **rest, "securityContext": security,
    }  # fmt: skip


def _front(pod: Pod) -> Node:
    """Ready is what ComfyUI behind it is; alive it is by itself, so that a hung workload does not end it."""

    def probe(path: str, period: int, failures: int) -> Node:
        scheme: Object = {"scheme": "HTTPS"} if pod.sandbox.encrypted() else {}  # the kubelet takes any certificate
        return {"httpGet": {"path": path, "port": "http", **scheme}, "periodSeconds": period, "timeoutSeconds": 3,
                "failureThreshold": failures}  # fmt: skip

    return _container(
        pod, "front", pod.security,
        env=_env(pod.front_variables),
        ports=[{"name": "http", "containerPort": PORT}],
        startupProbe=probe("/healthz", 5, 24), livenessProbe=probe("/healthz", 30, 5),
        readinessProbe=probe("/readyz", 10, 3),
        resources=OUTSIDE, volumeMounts=pod.front_mounts,
    )  # fmt: skip


def _fetch(pod: Pod) -> Node:
    """It ends well also where a model cannot be had, so that the pod starts."""
    return _container(pod, "fetch", pod.security, env=_env(pod.fetch_variables), resources=OUTSIDE,
                      volumeMounts=pod.fetch_mounts)  # fmt: skip


def _env(variables: Mapping[str, str]) -> Node:
    return [{"name": name, "value": value} for name, value in variables.items()]


def _workload(pod: Pod) -> Node:
    return _container(pod, "workload", {**pod.security, **pod.filter}, resources=pod.resources, volumeMounts=pod.mounts)
