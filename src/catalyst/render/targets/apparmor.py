"""An AppArmor profile as text: `catalyst render apparmor | sudo apparmor_parser -r`."""

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
from catalyst.render.lsm import apparmor
from catalyst.render.target import Draft, Facts, Rendered, Sandbox, Target


def render(policy: Policy, sandbox: Sandbox, _facts: Facts) -> Rendered:
    """The text, the same on every host, and as gaps what no profile can say."""
    draft = Draft()
    for stated in policy:
        match rule := draft.at(stated):
            case Network():
                draft.partly("kinds of sockets are refused; that there is only loopback is the engine's to see to")
            case Execution():
                if not rule.from_writable:
                    draft.partly("libraries are mapped from custom_nodes and cache, and an interpreter reads a script")
            case Limits():
                draft.partly("memory is not limited, and processes are counted per user")
            case NoNewPrivileges():
                draft.partly("a setuid program still changes the user, and gets no capability")
            case Scratch():
                draft.partly("the size is the engine's to limit")
            case Namespaces():
                draft.cannot("the engine makes them; here mounting is refused, making a user namespace is not")
            case SystemCalls():
                draft.cannot("a profile sees files and sockets, not calls")
            case HiddenPaths():
                draft.cannot("what a mount shows can be read; the mounts are the engine's")
            case Identity() | Umask() | CleanEnvironment() | OwnTerminal() | ForensicCleanup():
                draft.cannot("no matter of a profile")
            case Capabilities() | ReadOnlyRoot() | Writable() | MaskedPaths() | Devices():
                pass  # what is not named is refused
            case _:
                assert_never(rule)
    return Rendered(text=apparmor.profile(policy, sandbox).text, gaps=tuple(draft.gaps))


TARGET = Target("apparmor", "AppArmor profile of the sandbox", render, of_a_container=True)
