"""A cgroup namespace and a mount made release_agent writable for everybody."""

from catalyst.audit.inside.acts.kernel import CLONE_NEWCGROUP, CLONE_NEWUSER, unshares
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="cgroup-namespace",
    theme="kernel",
    title="make a cgroup namespace",
    origin="CVE-2022-0492",
    control="system-calls",
    layers=EVERYONE,
    act=unshares("a cgroup namespace", CLONE_NEWUSER | CLONE_NEWCGROUP),
)
