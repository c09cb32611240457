"""A cron job: the srl-nodes miner came back every five minutes by one."""

from catalyst.audit.inside.acts.files import planting
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="write-cron",
    theme="write",
    title="add a cron job",
    origin="I4, I7",
    control="write-confinement",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=planting("/var/spool/cron/.font_x", "/etc/cron.d/catalyst-probe", "/var/spool/cron/crontabs/catalyst-probe"),
)
