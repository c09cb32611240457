"""The policy as the broker reads it: where the workload's connections may go."""

import json

from catalyst.policy.model import Network, Policy, Reach

VERSION = 1


def config(policy: Policy) -> bytes | None:
    """The broker's configuration as JSON; None where the policy has no way out, and so no broker."""
    rule = next((one.rule for one in policy if isinstance(one.rule, Network)), Network(Reach.NOWHERE))
    if rule.reach is Reach.NOWHERE:
        return None
    reach = "internet" if rule.reach is Reach.INTERNET else "hosts"
    document = {"version": VERSION, "reach": reach, "private": rule.private, "rules": sorted(rule.hosts)}
    return json.dumps(document, indent=1).encode()
