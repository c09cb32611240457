"""Policies of AppArmor and SELinux. Opened for writing, and nothing written."""

from catalyst.audit.inside.acts.files import overwriting
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="security-module",
    theme="machine",
    title="change the host's security policy (AppArmor, SELinux)",
    origin="general",
    control="masked-paths",
    layers=EVERYONE,
    also=("identity", "write-confinement"),
    needs_root=True,
    act=overwriting(
        "/sys/kernel/security/apparmor/.replace",
        "/sys/kernel/security/apparmor/.remove",
        "/sys/fs/selinux/load",
        "/sys/fs/selinux/enforce",
    ),
)
