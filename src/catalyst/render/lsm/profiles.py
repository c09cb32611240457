"""Every profile of ours for one sandbox."""

from catalyst.policy.model import Policy
from catalyst.render.lsm import apparmor, selinux
from catalyst.render.lsm.profile import Profile
from catalyst.render.target import Sandbox


def of(policy: Policy, sandbox: Sandbox) -> tuple[Profile, ...]:
    """One of each security module; a host has at most one of the two in force."""
    return apparmor.profile(policy, sandbox), selinux.profile(policy, sandbox)
