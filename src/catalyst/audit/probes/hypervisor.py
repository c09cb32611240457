"""/dev/kvm and the vhost devices are the way into the kernel's virtual machines."""

from catalyst.audit.inside.acts.files import using
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="hypervisor",
    theme="machine",
    title="start a virtual machine (/dev/kvm)",
    origin="general",
    control="devices",
    layers=ENGINES,
    needs_root=True,
    act=using("/dev/kvm", "/dev/vhost-net", "/dev/vhost-vsock", "/dev/vfio/vfio"),
)
