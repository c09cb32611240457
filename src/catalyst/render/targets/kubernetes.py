"""A StatefulSet and what belongs to it, for Kubernetes 1.29 and newer under Pod Security `restricted`.

`catalyst render kubernetes | kubectl apply -f -`. In the pod are two containers: `front` with gateway and broker, and
`workload`, held by the guard, which share nothing but the two sockets, and the pod's network. Field names are those of
kubernetes.io/docs/reference/kubernetes-api.
"""

from typing import assert_never

from catalyst.policy.model import (
    Capabilities,
    CleanEnvironment,
    Devices,
    Execution,
    ForensicCleanup,
    HiddenPaths,
    Identity,
    Limits,
    MaskedPaths,
    Namespaces,
    Network,
    NoNewPrivileges,
    OwnTerminal,
    Policy,
    ProcessRule,
    ReadOnlyRoot,
    Scratch,
    SystemCalls,
    Umask,
    ViewRule,
    Writable,
)  # fmt: skip
from catalyst.render import pod, two
from catalyst.render.pod import Pod
from catalyst.render.target import Draft, Facts, Rendered, Sandbox, Target


def render(policy: Policy, sandbox: Sandbox, _facts: Facts) -> Rendered:
    """Every object as one YAML stream, the same on every host, and as gaps what no object can say."""
    draft, made = Draft(), Pod(policy, sandbox)
    for stated in policy:
        match rule := draft.at(stated):
            case (
                Network() | ReadOnlyRoot() | Writable() | Scratch() | Execution() | HiddenPaths() | MaskedPaths() | Devices()
                | ForensicCleanup()
            ):  # fmt: skip
                _view(rule, policy, made, draft)
            case _:
                _process(rule, made, draft)
    return Rendered(text="---\n".join(pod.documents(made)), gaps=tuple(draft.gaps))


def _process(rule: ProcessRule, made: Pod, draft: Draft) -> None:
    """What a process is."""
    match rule:
        case Identity():
            made.user(rule)
        case NoNewPrivileges():
            made.security["allowPrivilegeEscalation"] = False
        case Capabilities():
            kept = {"add": sorted(rule.kept)} if rule.kept else {}
            made.security["capabilities"] = {"drop": ["ALL"], **kept}
        case SystemCalls():
            made.system_calls(rule)
            draft.partly("the node must have the profile: the Security Profiles Operator 0.9 or newer puts it there")
        case Namespaces():
            draft.partly("the containers of a pod share its network, IPC and host name")
        case Limits():
            made.limits(rule)
            draft.partly("processes and files are not limited here: the kubelet's podPidsLimit, and the guard")
        case CleanEnvironment():
            made.spec["enableServiceLinks"] = False
            draft.partly("the kubelet adds the variables of the API server's address; the guard passes none on")
        case OwnTerminal():
            pass  # a container has none unless stdin and tty are asked for
        case Umask():
            draft.cannot("set by the guard")
        case _:
            assert_never(rule)


def _view(rule: ViewRule, policy: Policy, made: Pod, draft: Draft) -> None:
    """What it sees."""
    match rule:
        case Network():
            made.network(rule)
            draft.partly("a NetworkPolicy holds the whole pod, where the cluster's plug-in enforces it, and knows no "
                         "names; who in the pod connects, and where to, is the guard's and the broker's")  # fmt: skip
            _models(made, draft)
        case ReadOnlyRoot():
            pass  # at every level: what may be written is a volume
        case Writable():
            draft.partly("the data volume is one mount; which of its folders may be written is the guard's")
        case Scratch():
            made.scratch(rule)
            if not rule.executable:
                draft.partly("no volume can be mounted noexec")
        case Execution():
            if not rule.from_writable:
                draft.cannot("no volume can be mounted noexec")
        case HiddenPaths():
            if two.secrets(policy, made.sandbox):  # beside it nothing of the node is shown
                made.vault()
                draft.partly(f"the vault is front's: kubectl create secret generic {two.SECRET}, with the keys "
                             f"{two.SECRET} and {two.IDENTITY}")  # fmt: skip
        case MaskedPaths():
            pass  # procMount is Default, the runtime's list, which is longer
        case Devices():
            made.devices(rule)
        case ForensicCleanup():
            made.traces(policy, rule)
            draft.partly("what is in memory can be written to the node's swap, where the kubelet allows it")
            if rule.on_disk:
                draft.partly("folders asked for on disk stay there until the claim is deleted")
        case _:
            assert_never(rule)


def _models(made: Pod, draft: Draft) -> None:
    """They are fetched by a container of the same pod, for which the same NetworkPolicy holds."""
    wanted = pod.named(made.sandbox)
    if wanted and not made.fetch_variables:
        draft.partly(f"{', '.join(wanted)}: not fetched, for nothing of the pod gets out; let a pod in restricted "
                     "mode fetch them onto the claim first")  # fmt: skip
    if two.MANIFEST in made.fetch_variables:
        draft.partly(f"the list of models is the pod's: kubectl create configmap {pod.MODELS} "
                     f"--from-file={pod.MANIFEST_KEY}={wanted[two.MANIFEST]}")  # fmt: skip


TARGET = Target("kubernetes", "StatefulSet, NetworkPolicy and seccomp profile (YAML)", render, of_a_container=True)
