"""Supervised sockets inside each engine as somebody else set it up: with the engine's own defaults, which is what a rented
pod has, and with our outer filter. As the workload's user, and as root that gives itself up."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import catalyst
from catalyst.policy.model import SystemCalls, Tier
from catalyst.render.seccomp import oci, program
from lanes import IMAGE
from supervised import MACHINE, Broker, broker, echo, plan

PACKAGE = Path(catalyst.__file__).parent
INSIDE = "/opt/catalyst/catalyst"
TEXT = """
good, bad = ("203.0.113.7", 443), ("203.0.113.9", 443)
say(allowed=code(socket.create_connection, good), refused=code(socket.create_connection, bad))
s = socket.create_connection(good); s.settimeout(20); s.send(b"hello"); say(got=s.recv(9).decode())
s = socket.socket(); s.setblocking(False); s.connect_ex(good); p = select.poll(); p.register(s, select.POLLOUT)
say(event=p.poll(9000)[0][1], device=s.getsockopt(1, 25, 16).rstrip(b"\\0").decode(), unbind=code(s.setsockopt, 1, 25, b""))
server = socket.create_server(("127.0.0.1", 0)); say(local=code(socket.create_connection, server.getsockname()))
say(uid=os.getuid(), pid=os.getppid())
"""
EXPECTED = {
    "allowed": 0, "refused": "EACCES", "got": "hello", "event": 4, "device": "lo", "unbind": "EPERM", "local": 0,
    "uid": 1000, "pid": 1,
}  # fmt: skip


def _container(engine: str, folder: Path, options: list[str]) -> list[str]:
    binds = [f"{PACKAGE}:{INSIDE}:ro", f"{folder}:{folder}"]
    volumes = [word for bind in binds for word in ("--volume", bind)]
    return [engine, "run", "--rm", "--pull=never", *options, *volumes, "--entrypoint=/usr/bin/python3", IMAGE]


def _bubblewrap(folder: Path, options: list[str]) -> list[str]:
    user = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"] if os.geteuid() == 0 else []
    return [*user, "bwrap", "--unshare-all", "--as-pid-1", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin",
            "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev",
            "--ro-bind", str(PACKAGE), INSIDE, "--bind", str(folder), str(folder), *options, "/usr/bin/python3"]  # fmt: skip


def _ask(engine: str, folder: Path, door: Broker, options: list[str]) -> dict[str, Any]:
    file = plan(folder, TEXT, door.path, uid=1000, gid=1000, argv=["/usr/bin/python3", "-B", f"{folder}/program.py"])
    words = _bubblewrap(folder, options) if engine == "bwrap" else _container(engine, folder, options)
    done = subprocess.run([*words, "-I", "-S", "-B", f"{INSIDE}/guard/__main__.py", str(file)], close_fds=False,
                          capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {key: value for line in done.stdout.splitlines() for key, value in json.loads(line).items()}


@pytest.mark.parametrize("user", ["1000:1000", "0:0"])
@pytest.mark.parametrize("network", ["none", "default"])
def test_with_the_engines_own_defaults(engine: str, tmp_path: Path, user: str, network: str) -> None:
    """No flag of ours: Docker's filter, capabilities and AppArmor profile, where there is one."""
    if engine == "bwrap" and (user == "0:0" or network == "default"):
        pytest.skip("bubblewrap has no such default")
    options = [] if engine == "bwrap" else [f"--user={user}", *(["--network=none"] if network == "none" else [])]
    with echo() as port, broker(tmp_path, to={"203.0.113.7:443": port}) as door:
        assert _ask(engine, tmp_path, door, options) == EXPECTED


@pytest.mark.skipif(MACHINE not in oci.ARCHITECTURE, reason="there is no table for this machine")
@pytest.mark.parametrize("tier", Tier)
def test_under_our_outer_filter(engine: str, tmp_path: Path, tier: Tier) -> None:
    rule = SystemCalls(tier, datagrams=False, memory_programs=False)
    with echo() as port, broker(tmp_path, to={"203.0.113.7:443": port}) as door:
        if engine == "bwrap":
            file = tmp_path / "filter"
            file.write_bytes(program.compile(rule, MACHINE, outer=True))
            descriptor = os.open(file, os.O_RDONLY)
            os.set_inheritable(descriptor, True)
            try:
                assert _ask(engine, tmp_path, door, ["--seccomp", str(descriptor)]) == EXPECTED
            finally:
                os.close(descriptor)
            return
        file = tmp_path / "seccomp.json"
        file.write_text(oci.profile(rule, MACHINE), encoding="utf-8")
        options = ["--user=1000:1000", "--network=none", "--cap-drop=ALL", "--security-opt=no-new-privileges",
                   f"--security-opt=seccomp={file}"]  # fmt: skip
        assert _ask(engine, tmp_path, door, options) == EXPECTED


@pytest.mark.parametrize("refused", ["seccomp", "connect"])
def test_where_it_cannot_be_supervised_nothing_starts(engine: str, tmp_path: Path, refused: str) -> None:
    """An outer filter that refuses seccomp(2): the guard ends with 6. One that refuses connect(2): so do the calls."""
    if engine == "bwrap":
        pytest.skip("the same filter, in another form")
    profile = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": [refused], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}  # fmt: skip
    file = tmp_path / "seccomp.json"
    file.write_text(json.dumps(profile), encoding="utf-8")
    with broker(tmp_path) as door:
        target = plan(tmp_path, "say(said=code(socket.socket().connect, ('127.0.0.1', 9)))", door.path, uid=1000, gid=1000,
                      argv=["/usr/bin/python3", "-B", f"{tmp_path}/program.py"])  # fmt: skip
        words = _container(engine, tmp_path, ["--user=1000:1000", "--network=none", f"--security-opt=seccomp={file}"])
        done = subprocess.run([*words, "-I", "-S", "-B", f"{INSIDE}/guard/__main__.py", str(target)],
                              capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)  # fmt: skip
    if refused == "seccomp":
        assert done.returncode == 6, done.stderr
        assert done.stdout == ""
        assert "supervised" in done.stderr
    else:
        assert "said" not in done.stdout or "EPERM" in done.stdout

