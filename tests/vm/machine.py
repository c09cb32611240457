"""A virtual machine with Debian's kernel and an initramfs of our making. No root, no network, no disk, never KVM.

The kernel comes from the package that Debian's `linux-image-cloud-amd64` names; it is unpacked, not installed, and kept
below ~/.cache/catalyst-tests. It has Landlock ABI 2, AppArmor, SELinux and seccomp: one image for every test here.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import catalyst
from vm.cpio import Archive

CACHE = Path.home() / ".cache/catalyst-tests/vm"
GUEST = Path(__file__).parent / "guest"
TOOLS = ("qemu-system-x86_64", "busybox", "apparmor_parser", "secilc", "apt-get", "apt-cache", "dpkg-deb")
# Socket families that this kernel has as modules: without them a refusal would prove nothing.
MODULES = ("kernel/crypto/af_alg.ko", "kernel/net/vmw_vsock/vsock.ko")
PATIENCE = 300.0  # s; a boot takes some 5 s and a probe one or two; a busy machine much longer
# What the guard, the probes and the look at security modules import.
IMPORTS = (
    "catalyst.guard.main, catalyst.cli.main, catalyst.cli.commands.render, catalyst.instance.run, "
    "catalyst.instance.examine, hashlib, socket, threading, ctypes, mmap, json, signal, fcntl"
)
INIT = """#!/bin/busybox sh
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs dev /dev
busybox mkdir -p /dev/shm /dev/pts
busybox mount -t securityfs securityfs /sys/kernel/security
for one in /modules/*.ko; do busybox insmod $one; done
busybox ip link set lo up
busybox mount -t tmpfs none /mnt
busybox mknod -m 666 /dev/nvidia0 c 1 3
PYTHON="/usr/bin/python3 -I -S -B"
ENTER="$PYTHON /opt/probe/enter.py"
PROBE="$PYTHON /opt/probe/probe.py"
$ENTER none - 1000 /bin/busybox sleep 1000 &
echo $! > /run/bystander
echo
. /script
echo "@@ end"
busybox poweroff -f
"""


@dataclass(frozen=True)
class Kernel:
    """An unpacked kernel package."""

    image: Path
    modules: Path


@dataclass
class Said:
    """What the machine printed: the words after `@@`, and everything for when it went wrong."""

    everything: str
    words: dict[str, Any] = field(default_factory=dict)  # JSON of any shape


def missing() -> list[str]:
    """Programs the lane needs and this machine lacks."""
    machine = [] if os.uname().machine == "x86_64" else ["an x86_64 machine"]
    return [*machine, *(name for name in TOOLS if not shutil.which(name))]


@cache
def kernel() -> Kernel:
    """Debian's current cloud kernel, fetched by apt-get once."""
    there = next(CACHE.glob("*/boot/vmlinuz-*"), None) or _fetch()
    return Kernel(there, next((there.parents[1] / "lib/modules").iterdir()))


def _fetch() -> Path:
    named = _output("apt-cache", "depends", "linux-image-cloud-amd64")
    package = next(line.split()[1] for line in named.splitlines() if line.strip().startswith("Depends: linux-image"))
    CACHE.mkdir(parents=True, exist_ok=True)
    _output("apt-get", "-q", "download", package, cwd=CACHE)
    archive = next(CACHE.glob(f"{package}_*.deb"))
    _output("dpkg-deb", "-x", str(archive), str(CACHE / f"{package}.new"))
    archive.unlink()
    (CACHE / f"{package}.new").rename(CACHE / package)
    return next((CACHE / package / "boot").glob("vmlinuz-*"))


def base(*more: str) -> Archive:
    """A root with busybox, Python, Catalyst, our probes and `more` programs."""
    archive = Archive()
    for name in ("bin", "sbin", "lib", "lib64"):
        archive.link(name, f"usr/{name}")
    archive.folder("proc")
    archive.folder("sys")
    archive.node("dev/console", 5, 1)
    archive.file("init", INIT.encode(), 0o755)
    programs = [Path(found) for name in ("busybox", "apparmor_parser", "true", *more) if (found := shutil.which(name))]
    python, modules = Path("/usr/bin/python3").resolve(), _python_modules()
    for file in dict.fromkeys([*programs, python, *modules, *_libraries([*programs, python, *modules])]):
        archive.copy(_merged(file), file)
    archive.link("usr/bin/python3", python.name)
    archive.link("usr/bin/sh", "busybox")
    for name in MODULES:
        archive.copy(f"modules/{Path(name).name}", kernel().modules / name)
    source = Path(catalyst.__file__).parent
    for file in sorted(source.rglob("*.py")):
        archive.copy(f"opt/catalyst/catalyst/{file.relative_to(source)}", file)
    for file in sorted(GUEST.glob("*.py")):
        archive.copy(f"opt/probe/{file.name}", file)
    archive.file("etc/passwd", b"root:x:0:0::/:/bin/sh\ncomfyuser:x:1000:1000::/scratch/home:/bin/sh\n")
    return archive


def boot(archive: Archive, script: str, append: str, folder: Path) -> Said:
    """Run `script` as root in a new machine. Raises AssertionError when it does not come to its end."""
    archive.file("script", script.encode())
    initrd = folder / "initrd"
    initrd.write_bytes(archive.packed())
    argv = [
        "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "512", "-nographic", "-no-reboot", "-nodefaults",
        "-serial", "stdio", "-kernel", str(kernel().image), "-initrd", str(initrd),
        "-append", f"console=ttyS0 rdinit=/init loglevel=1 panic=-1 {append}",
    ]  # fmt: skip
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                              timeout=PATIENCE)  # fmt: skip
    except subprocess.TimeoutExpired as error:
        printed = (error.stdout or b"").decode(errors="replace")
        raise AssertionError(f"the machine did not end within {PATIENCE:g} s:\n{printed[-4000:]}") from error
    finally:
        initrd.unlink()
    said = Said(done.stdout + done.stderr)
    for line in done.stdout.splitlines():
        _, mark, rest = line.partition("@@ ")
        if mark:
            name, _, value = rest.strip().partition(" ")
            said.words[name] = json.loads(value) if value else True
    assert said.words.pop("end", False), f"the machine did not come to its end:\n{said.everything[-4000:]}"
    return said


def _python_modules() -> list[Path]:
    """The files of the standard library that IMPORTS need, found by importing them, with their compiled form."""
    look = (
        f"import sys; sys.path.insert(0, {str(Path(catalyst.__file__).parents[1])!r})\n"
        f"import {IMPORTS}, encodings.ascii, encodings.idna\n"
        "for module in list(sys.modules.values()):\n"
        "    for name in ('__file__', '__cached__'):\n"
        "        print(getattr(module, name, None) or '')\n"
    )
    named = _output("/usr/bin/python3", "-I", "-S", "-B", "-c", look).split()
    return sorted({Path(name) for name in named if name.startswith("/usr/lib/python3") and Path(name).is_file()})


def _libraries(files: Iterable[Path]) -> list[Path]:
    """What ldd(1) says they need."""
    found = set()
    for file in files:
        if file.suffix == ".so" or "bin" in file.parts[-2]:
            done = subprocess.run(["ldd", str(file)], capture_output=True, text=True)
            found |= {Path(word) for word in done.stdout.split() if word.startswith("/")}
    return sorted(found)


def _merged(file: Path) -> str:
    """The path below /usr."""
    return str(file if file.is_relative_to("/usr") else Path("/usr") / file.relative_to("/"))


def _output(*argv: str, cwd: Path | None = None) -> str:
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{argv}: {done.stderr}"
    return done.stdout
