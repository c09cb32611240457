"""probe.py LABEL ATTEMPT...: each attempt with the answer of the kernel: "done", or the name of the error. One line of JSON.

An attempt that crashes says "crash ...", so that it can pass for neither. What is tried is inert.
"""

import ctypes
import errno
import fcntl
import json
import mmap
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

libc = ctypes.CDLL(None, use_errno=True)
AF_ALG, AF_VSOCK = 38, 40
PTRACE_ATTACH, MS_BIND, CLONE_NEWUSER = 16, 4096, 0x10000000
PIVOT_ROOT, EXECVEAT, AT_EMPTY_PATH = 155, 322, 0x1000
LOADER = "/lib64/ld-linux-x86-64.so.2"


def check(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "")


def opened(family: int, kind: int = socket.SOCK_STREAM, protocol: int = 0) -> None:
    socket.socket(family, kind, protocol).close()


def written(path: str) -> None:
    with open(path, "wb") as file:
        file.write(b"x")


def may_write(path: str) -> None:
    """Opening decides; the kernel's own files are better left as they are."""
    os.close(os.open(path, os.O_WRONLY))


def read(path: str) -> None:
    with open(path, "rb") as file:
        file.read(1)


def in_child(action: Callable[[], None]) -> None:
    """Raises what the child raised; a child that died says so as ECHILD."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
        except OSError as error:
            os._exit(error.errno or 255)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code:
        raise OSError(code if code > 0 else errno.ECHILD, "")


def run(*argv: str) -> None:
    in_child(lambda: os.execv(argv[0], argv))


def run_by_loader() -> None:
    """`ld.so FILE`; it answers 127 when it may not map the file."""
    path = planted("/data/output")
    read(path)
    try:
        run(LOADER, path)
    except OSError as error:
        raise OSError(errno.EACCES if error.errno == 127 else error.errno, "") from error


def planted(folder: str) -> str:
    """A program the workload brought along."""
    path = f"{folder}/planted"
    with open("/usr/bin/true", "rb") as source:
        content = source.read()
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, 0o755)
    return path


def memory() -> int:
    descriptor = os.memfd_create("planted", 0)
    with open("/usr/bin/true", "rb") as source:
        os.write(descriptor, source.read())
    return descriptor


def run_memory() -> None:
    descriptor = memory()
    in_child(lambda: os.execv(f"/proc/self/fd/{descriptor}", ["true"]))


def mapped(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    mmap.mmap(descriptor, 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC).close()
    os.close(descriptor)


def traced() -> None:
    """Attach to a child, which needs no privilege."""
    pid = os.fork()
    if pid == 0:
        time.sleep(30)
        os._exit(0)
    try:
        check(libc.ptrace(PTRACE_ATTACH, pid, None, None))
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def signalled() -> None:
    """A process of the same user that is under no profile; init noted it."""
    with open("/run/bystander") as file:
        os.kill(int(file.read()), 0)


def connected(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port), timeout=10):
        pass


def unix_pair() -> None:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with one, other:
        one.send(b"x")


def thread_named() -> None:
    """CUDA names threads of its own through /proc."""
    halt = threading.Event()
    thread = threading.Thread(target=halt.wait)
    thread.start()
    try:
        with open(f"/proc/{os.getpid()}/task/{thread.native_id}/comm", "w") as file:
            file.write("renamed")
    finally:
        halt.set()
        thread.join()


def locked() -> None:
    with open("/data/user/locked", "w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)


def moved() -> None:
    os.makedirs("/data/output/folder", exist_ok=True)
    written("/data/output/folder/old")
    os.rename("/data/output/folder/old", "/data/output/folder/new")
    os.unlink("/data/output/folder/new")
    os.rmdir("/data/output/folder")


def limits() -> None:
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != 0:
        raise OSError(errno.ERANGE, "")


def pivoted() -> None:
    """The initramfs cannot be pivoted from: EINVAL means that the kernel was reached."""
    try:
        check(libc.syscall(PIVOT_ROOT, b"/srv", b"/srv"))
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.EBUSY}:
            raise


def mounted(source: bytes, kind: bytes | None, flags: int) -> None:
    check(libc.mount(source, b"/opt/comfyui", kind, flags, None))
    check(libc.umount2(b"/opt/comfyui", 0))


def unmounted() -> None:
    """init mounted something there; it is put back for the next one."""
    check(libc.umount2(b"/mnt", 0))
    check(libc.mount(b"none", b"/mnt", b"tmpfs", 0, None))


def through_the_door() -> None:
    """From the guard's unix socket to the workload's port and back."""
    with socket.create_server(("127.0.0.1", 8188)) as server, socket.socket(socket.AF_UNIX) as client:
        client.connect("/run/catalyst/door/in.sock")
        client.sendall(b"x")
        server.settimeout(20)
        inside, _ = server.accept()
        with inside:
            if inside.recv(1) != b"x":
                raise OSError(errno.EPIPE, "")


def left_profile() -> None:
    with open("/proc/self/attr/apparmor/exec", "w") as file:
        file.write("exec unconfined")


ATTEMPTS: dict[str, Callable[[], None]] = {
    # sockets
    "alg": lambda: opened(AF_ALG, socket.SOCK_SEQPACKET),
    "vsock": lambda: opened(AF_VSOCK),
    "packet": lambda: opened(socket.AF_PACKET, socket.SOCK_RAW),
    "raw": lambda: opened(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
    "udp": lambda: opened(socket.AF_INET, socket.SOCK_DGRAM),
    "unix": unix_pair,
    "tcp": lambda: connected(8188),
    "door": through_the_door,
    "tcp-port-5432": lambda: connected(5432),  # a port that a policy gives a name
    # files
    "write-output": lambda: written("/data/output/picture"),
    "write-models": lambda: written("/data/models/pickle"),
    "write-nodes": lambda: written("/data/custom_nodes/node"),
    "write-code": lambda: written("/opt/comfyui/planted"),
    "write-outside": lambda: written("/srv/open/planted"),
    "read-outside": lambda: read("/srv/open/secret"),
    "read-shadow": lambda: read("/etc/shadow"),
    "read-odd": lambda: read("/srv/odd/[y]*z {a,b}/file"),
    "read-like": lambda: read("/srv/odd/y1z a/file"),
    "read-models": lambda: read("/data/models/model"),
    "truncate-model": lambda: os.truncate("/data/models/model", 0),
    "write-tmp": lambda: written("/tmp/scratch"),
    "locked": locked,
    "moved": moved,
    "thread-name": thread_named,
    # programs
    "run-system": lambda: run("/usr/bin/true"),
    "run-output": lambda: run(planted("/data/output")),
    "run-tmp": lambda: run(planted("/tmp")),
    "run-memory": run_memory,
    "run-loader": run_by_loader,
    "map-output": lambda: mapped(planted("/data/output")),
    "map-cache": lambda: mapped(planted("/data/cache")),
    # the kernel and others
    "read-keys": lambda: read("/proc/keys"),
    "core-pattern": lambda: may_write("/proc/sys/kernel/core_pattern"),
    "sysfs": lambda: may_write("/sys/kernel/mm/transparent_hugepage/defrag"),
    "mount": lambda: mounted(b"none", b"tmpfs", 0),
    "bind": lambda: mounted(b"/data", None, MS_BIND),
    "unmount": unmounted,
    "pivot": pivoted,
    "chown": lambda: os.chown("/run/bystander", 5, 5),
    "setuid": lambda: in_child(lambda: os.setuid(5)),
    "ptrace": traced,
    "signal": signalled,
    "leave": left_profile,
    "user-namespace": lambda: in_child(lambda: check(libc.unshare(CLONE_NEWUSER))),
    "gpu": lambda: read("/dev/nvidia0"),
    "limits": limits,
}


def answer(attempt: Callable[[], None]) -> str:
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, f"error {error.errno}")
    except Exception as error:
        return f"crash {error!r}"
    return "done"


if __name__ == "__main__":
    label, *names = sys.argv[1:]
    print(f"@@ {label} {json.dumps({name: answer(ATTEMPTS[name]) for name in names})}", flush=True)
