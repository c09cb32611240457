"""SELinux: a module in CIL on top of container-selinux's templates, in the manner of udica.

The templates let a container use whatever carries its own label, and CIL before version 3.6 has no word to take
something away again. So the module is about what lies beside files: sockets, ports, devices, capabilities.
"""

from catalyst.policy.model import Capabilities, Devices, Policy
from catalyst.render.lsm.profile import NAME, Profile, digest
from catalyst.render.target import Sandbox

TCP = "accept append bind connect create getattr getopt ioctl listen lock read setattr setopt shutdown write"
ROUTE = "bind create getattr getopt nlmsg_read read setopt write"  # getifaddrs(3)
NODE = "append getattr ioctl lock map open read write"
# Loopback is all there is below `public`: to serve there, and to be reached by the guard's doorman.
LOOPBACK = (
    f"(allow process process (tcp_socket ({TCP})))",
    f"(allow process process (netlink_route_socket ({ROUTE})))",
    "(allow process node_t (tcp_socket (node_bind)))",
    "(allow process unreserved_port_t (tcp_socket (name_bind name_connect)))",
)
TYPES = {"nvidia": ("xserver_misc_device_t",), "amd": ("dri_device_t", "hsa_device_t"), "intel": ("dri_device_t",)}
OPTIONAL = {"hsa_device_t"}  # younger policies have it
SECOND = {"mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf",
          "checkpoint_restore"}  # fmt: skip


def profile(policy: Policy, _sandbox: Sandbox) -> Profile:
    """The module for this policy. No path is in it: SELinux looks at labels."""
    body = "\n".join(_lines(policy))
    name = f"catalyst_{digest(body)}"
    context = f"system_u:system_r:{name}.process:s0"
    return Profile("selinux", name, context, body.replace(NAME, name), f"--security-opt=label=type:{name}.process")


def _lines(policy: Policy) -> list[str]:
    return [
        "; ComfyUI and its guard. What no template and no line allows is refused.",
        f"(block {NAME}",
        "    (blockinherit container)",
        *(f"    {line}" for line in (*LOOPBACK, *_capabilities(policy), *_devices(policy))),
        ")",
    ]


def _capabilities(policy: Policy) -> list[str]:
    kept = sorted(name.lower() for one in policy if isinstance(one.rule, Capabilities) for name in one.rule.kept)
    return [f"(allow process process ({'capability2' if name in SECOND else 'capability'} ({name})))" for name in kept]


def _devices(policy: Policy) -> list[str]:
    vendors = {vendor for one in policy if isinstance(one.rule, Devices) for vendor in one.rule.vendors}
    lines = []
    for kind in sorted({kind for vendor in vendors for kind in TYPES.get(vendor, ())}):
        allow = f"(allow process {kind} (chr_file ({NODE})))"
        lines.append(f"(optional {NAME}_{kind} {allow})" if kind in OPTIONAL else allow)
    return lines
