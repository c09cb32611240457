"""An SELinux module in CIL as text; `semodule -i` loads it together with container-selinux's templates."""

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
    ReadOnlyRoot,
    Scratch,
    SystemCalls,
    Umask,
    Writable,
)  # fmt: skip
from catalyst.render.lsm import selinux
from catalyst.render.target import Draft, Facts, Rendered, Sandbox, Target

ONE_LABEL = "a container may write what carries its own label, and places, scratch and image carry the same"


def render(policy: Policy, sandbox: Sandbox, _facts: Facts) -> Rendered:
    """The text, the same on every host, and as gaps what labels cannot say."""
    draft = Draft()
    for stated in policy:
        match rule := draft.at(stated):
            case Network():
                draft.partly("only unreserved ports are reached; that there is only loopback is the engine's to see to")
            case Writable() | ReadOnlyRoot():
                draft.partly(f"files with another label are out of reach; {ONE_LABEL}")
            case Execution() | Scratch():
                draft.cannot(ONE_LABEL)
            case MaskedPaths():
                draft.partly("they cannot be written; what the template lets a container read, it can read")
            case Namespaces():
                draft.cannot("the engine makes them")
            case SystemCalls():
                draft.cannot("labels are about objects, not calls")
            case HiddenPaths():
                draft.cannot("what a mount shows under the container's label can be read; the mounts are the engine's")
            case (
                Identity()
                | NoNewPrivileges()
                | Limits()
                | Umask()
                | CleanEnvironment()
                | OwnTerminal()
                | ForensicCleanup()
            ):
                draft.cannot("no matter of a label")
            case Capabilities() | Devices():
                pass  # what is not named is refused
            case _:
                assert_never(rule)
    return Rendered(text=selinux.profile(policy, sandbox).text, gaps=tuple(draft.gaps))


TARGET = Target("selinux", "SELinux module of the sandbox (CIL)", render, of_a_container=True)
