"""A hard limit can be lowered by everybody and raised with CAP_SYS_RESOURCE alone (setrlimit(2))."""

import resource
from functools import partial

from catalyst.audit.inside.probe import CONTAINERS, GUARD, Answer, Context, Probe, allowed, first_allowed

KINDS = {"open files": resource.RLIMIT_NOFILE, "processes": resource.RLIMIT_NPROC}


def act(_: Context) -> Answer:
    """In this short-lived child."""
    return first_allowed([partial(_raise, name, kind) for name, kind in KINDS.items()], "")


def _raise(name: str, kind: int) -> Answer:
    soft, hard = resource.getrlimit(kind)
    if hard == resource.RLIM_INFINITY:
        return allowed(f"{name} are not limited")
    try:
        resource.setrlimit(kind, (soft, hard + 1))
    except ValueError:  # what Python makes of EPERM
        return Answer("denied", f"the limit of {name} is {hard} and cannot be raised", "EPERM")
    return allowed(f"the limit of {name} could be raised")


PROBE = Probe(
    id="raise-limits",
    theme="machine",
    title="raise its own limits",
    origin="general",
    control="resources",
    layers=(*CONTAINERS, GUARD),
    also=("capabilities", "identity"),
    needs_root=True,
    act=act,
)
