"""The profile of system calls as OCI JSON, for whatever makes containers and is not Catalyst."""

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
from catalyst.policy.syscalls.numbers import NUMBERS
from catalyst.render.seccomp import oci
from catalyst.render.target import Draft, Facts, Rendered, Sandbox, Target


def render(policy: Policy, _sandbox: Sandbox, facts: Facts) -> Rendered:
    """The JSON for this machine's architecture; everything else is a gap, since it says nothing but calls."""
    draft, text = Draft(), ""
    for stated in policy:
        match rule := draft.at(stated):
            case SystemCalls():
                if facts.machine in NUMBERS:
                    text = oci.profile(rule, facts.machine)
                    draft.partly(oci.WIDER)
                else:
                    draft.cannot(f"there is no table of system calls for {facts.machine}")
            case (
                Identity()
                | NoNewPrivileges()
                | Capabilities()
                | Namespaces()
                | Limits()
                | Umask()
                | CleanEnvironment()
                | OwnTerminal()
                | Network()
                | ReadOnlyRoot()
                | Writable()
                | Scratch()
                | Execution()
                | HiddenPaths()
                | MaskedPaths()
                | Devices()
                | ForensicCleanup()
            ):
                draft.cannot("a filter sees calls only")
            case _:
                assert_never(rule)
    return Rendered(text=text, gaps=tuple(draft.gaps))


TARGET = Target("seccomp", "profile of system calls (OCI JSON)", render, of_a_container=True)
