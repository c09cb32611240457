"""bubblewrap: no daemon, no image, the host's own /usr read-only."""

import os
import re
from pathlib import Path

from catalyst.engine import process
from catalyst.engine.engine import Engine, Unusable, Usable, children

OLDEST = (0, 8, 0)  # --disable-userns and --size
INSTALL = "sudo apt-get install bubblewrap, or on Fedora: sudo dnf install bubblewrap"


def find(thorough: bool) -> Usable | Unusable:
    """Is bwrap there, new enough, and allowed to make namespaces? `thorough` makes some."""
    answer = process.run(["bwrap", "--version"])
    if answer.code == process.MISSING:
        return Unusable("bubblewrap is not installed", INSTALL)
    found = tuple(int(part) for part in re.findall(r"\d+", answer.out)[:3])
    if found < OLDEST:
        return Unusable(f"{answer.out.strip() or answer.err.strip()} is older than 0.8.0", INSTALL)
    refused = _refused()
    if refused:
        return refused
    return _tried(answer.out.strip()) if thorough else Usable(answer.out.strip())


def _refused() -> Unusable | None:
    """What the kernel's settings already say about user namespaces; root needs none."""
    if os.geteuid() == 0:
        return None
    for file, bad, command in (
        ("/proc/sys/user/max_user_namespaces", "0", "sudo sysctl user.max_user_namespaces=15000"),
        ("/proc/sys/kernel/unprivileged_userns_clone", "0", "sudo sysctl kernel.unprivileged_userns_clone=1"),
    ):
        if Path(file).is_file() and Path(file).read_text(encoding="ascii").strip() == bad:
            return Unusable(f"this kernel refuses user namespaces ({file} is {bad})", command)
    return None


def _tried(version: str) -> Usable | Unusable:
    user = [] if os.geteuid() == 0 else ["--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000"]
    answer = process.run(["bwrap", *user, "--unshare-pid", "--unshare-net", "--ro-bind", "/", "/", "--proc", "/proc",
                          "--dev", "/dev", "true"])  # fmt: skip
    if answer.code == 0:
        return Usable(f"{version}, {'started by root' if os.geteuid() == 0 else 'user namespace'}")
    said = answer.err.strip().splitlines()[-1] if answer.err.strip() else f"exit code {answer.code}"
    if Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").is_file():
        hint = "sudo apt-get install apparmor-profiles && sudo ln -s /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ && sudo systemctl reload apparmor"  # noqa: E501 -- one command
    else:
        hint = "inside a container it needs user namespaces; outside: sudo sysctl user.max_user_namespaces=15000"
    return Unusable(f"bubblewrap cannot make a sandbox here: {said}", hint)


def _remove(_: str) -> None:
    """Nothing outlives the process: bwrap and the guard die with Catalyst."""


def _pid(_: str, client: int) -> int | None:
    """With --as-pid-1 the guard is the only child of the monitor."""
    return next(iter(children(client)), None)


ENGINE = Engine(
    id="bwrap",
    target="bubblewrap",
    find=find,
    rootless=lambda: os.geteuid() != 0,
    modules=frozenset,  # it changes no label and no profile
    has_image=lambda _: True,
    remove=_remove,
    pid=_pid,
    own_files=True,
    proxies_signals=False,
)
