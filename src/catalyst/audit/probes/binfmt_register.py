"""A format registered here names a program that every host process of that format starts."""

from catalyst.audit.inside.acts.files import overwriting
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="binfmt-register",
    theme="machine",
    title="have the host run its program for a file format (binfmt_misc)",
    origin="CDK",
    control="masked-paths",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=overwriting("/proc/sys/fs/binfmt_misc/register"),
)
