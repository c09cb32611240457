"""A host process of the same user with HF_TOKEN in its environment: the name is told, the value is not."""

from catalyst.audit.inside.acts.processes import DOMAIN, environment_names, on_victim
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="victim-environment",
    theme="read",
    title="take tokens from a host process of the same user",
    origin="I9",
    control="namespaces",
    layers=EVERYONE,
    also=DOMAIN,
    act=on_victim(environment_names),
)
