"""AppArmor (apparmor.d(5)): what is not named is refused, and the kernel logs it. So the text is a list of what is needed.

The guard starts under the profile too and its profile is the workload's: with no_new_privs there is no way into a
tighter one. `abi` must stand first: without it network rules load and do nothing (knowledge: confinement.md §9).
"""

import re

from catalyst.policy.model import Capabilities, Devices, Place, Policy
from catalyst.render import mounts
from catalyst.render.host_files import ETC, GPU, READABLE
from catalyst.render.lsm.profile import NAME, Profile, Wanted, digest, wanted
from catalyst.render.target import Sandbox
from catalyst.workloads.model import DATA, DOOR, PLAN, Mount
from catalyst.workloads.tokens import TRUST

# Programs are run from these; what an image or the policy puts elsewhere is a mount and named as one.
SYSTEM = ("/usr", "/opt", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
# Further files of /etc that the engine, the image or the session puts there. shadow and its like are not in it.
OWN_ETC = ("/etc/passwd", "/etc/group", "/etc/hosts", "/etc/hostname", "/etc/host.conf", "/etc/gai.conf", "/etc/timezone",
           "/etc/os-release", "/etc/debian_version", "/etc/python3*", "/etc/magic")  # fmt: skip
KERNEL = ("/proc", "/sys/devices/system", "/sys/fs/cgroup", "/sys/kernel/mm")
NODES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "console")
# Libraries are mapped from these though no program is run from them: a node pack's own, Triton's cache.
MAPPED = frozenset({Place.CUSTOM_NODES, Place.CACHE})
SIGNALLERS = ("unconfined", "runc", "crun", "docker", "dockerd", "podman")  # whoever ends a container


def profile(policy: Policy, sandbox: Sandbox) -> Profile:
    """The profile for this policy, with the paths of this sandbox."""
    body = "\n".join(_lines(policy, sandbox))
    name = f"catalyst-{digest(body)}"
    return Profile("apparmor", name, name, body.replace(NAME, name), f"--security-opt=apparmor={name}")


def _lines(policy: Policy, sandbox: Sandbox) -> list[str]:
    want = wanted(policy)
    groups = (
        _process(policy, want), _network(), _code(sandbox), _places(policy, sandbox, want), _kernel(want),
        _devices(policy),
    )  # fmt: skip
    return [
        "abi <abi/3.0>,",
        "",
        "# ComfyUI and its guard, PID 1 of the sandbox. What is not named here is refused: every other capability, kind of",
        "# socket and file, mount, umount, pivot_root, ptrace, change_profile. User namespaces are not refused: abi 3.0",
        "# has no word for them, and AppArmor 3 knows no other.",
        f"profile {NAME} flags=(attach_disconnected,mediate_deleted) {{",
        *(f"  {line}," for group in groups for line in group),
        "}",
    ]


def _process(policy: Policy, want: Wanted) -> list[str]:
    kept = [name.lower() for one in policy if isinstance(one.rule, Capabilities) for name in sorted(one.rule.kept)]
    limits = []
    if want.limits:
        limits = [f"set rlimit nproc <= {want.limits.processes}", f"set rlimit nofile <= {want.limits.files}",
                  "set rlimit core <= 0"]  # fmt: skip
    senders = [f"signal receive peer={name}" for name in SIGNALLERS]
    return [*(f"capability {name}" for name in kept), *limits, *senders, f"signal (send, receive) peer={NAME}"]


def _network() -> list[str]:
    """Loopback needs inet even where there is nothing else; netlink is how a program asks for its addresses."""
    return [f"network {kind}" for kind in ("inet stream", "inet6 stream", "unix stream", "netlink raw")]


def _code(sandbox: Sandbox) -> list[str]:
    """Programs and what they need, to be read; run and mapped where it is code."""
    more = [mount.target for mount in sandbox.workload.mounts if mount.place is None]
    code = [*SYSTEM, *sorted(path for path in more if not path.startswith(tuple(f"{one}/" for one in SYSTEM)))]
    read = [_quoted(path, "{,/,/**}") for path in (*ETC, *OWN_ETC)]
    return [f"/{{,{DATA[1:]}/}} r", *(f"{_below(path)} mrix" for path in code), *(f"{path} r" for path in read), f"{PLAN} r",
            f"{TRUST} r",             f"owner {_below(DOOR)} rwk"]  # fmt: skip


def _places(policy: Policy, sandbox: Sandbox, want: Wanted) -> list[str]:
    lines = []
    for mount in sorted((one for one in sandbox.workload.mounts if one.place is not None), key=lambda one: one.target):
        lines.append(f"{_below(mount.target)} {_use(mount, want)}")
        if mounts.writable(policy, mount):
            lines.append(f"owner {_below(mount.target)} wkl")
    for folder in mounts.SCRATCH_FOLDERS:
        lines += [f"{_below(folder)} {'mrix' if want.run_from_scratch else 'r'}", f"owner {_below(folder)} wkl"]
    return lines


def _use(mount: Mount, want: Wanted) -> str:
    if want.run_from_writable:
        return "mrix"
    return "mr" if mount.place in MAPPED else "r"


def _kernel(want: Wanted) -> list[str]:
    """Reading, and the names of own threads, which CUDA sets (knowledge: confinement.md §8)."""
    masked = [f"deny {_below(path)} {'wklmx' if path in READABLE else 'rwklmx'}" for path in sorted(want.masked)]
    return [*(f"{_below(path)} r" for path in KERNEL), "owner /proc/[0-9]*/task/[0-9]*/comm rw", *masked,
            "deny /sys/** wklmx"]  # fmt: skip


def _devices(policy: Policy) -> list[str]:
    vendors = sorted({vendor for one in policy if isinstance(one.rule, Devices) for vendor in one.rule.vendors})
    patterns = dict.fromkeys(pattern for vendor in vendors for pattern in GPU.get(vendor, ()))
    gpu = [f"{path}{{,/,/**}} {'r' if path.startswith('/sys/') else 'rw'}" for path in patterns]
    return [f"/dev/{{{','.join(NODES)}}} rw", "/dev/pts/[0-9]* rw", "/dev/{,pts/} r", *gpu]


def _below(path: str) -> str:
    """The path and everything in it."""
    return _quoted(re.sub(r'[\\"*?\[\]{}^]', r"\\\g<0>", path), "{,/,/**}")


def _quoted(pattern: str, more: str) -> str:
    plain = re.fullmatch(r"[A-Za-z0-9/._+*-]+", pattern)
    return f"{pattern}{more}" if plain else f'"{pattern}{more}"'
