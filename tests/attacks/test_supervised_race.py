"""A second thread rewrites the address, or exchanges the descriptor, while the guard looks at it. CATALYST_TEST_RACES is
how often each is tried; a race that was not one, because an outcome was not seen, goes on for up to forty times that."""

import os
from pathlib import Path

import pytest

from supervised import Far, run, unsupervised

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes network namespaces")
ROUNDS = int(os.environ.get("CATALYST_TEST_RACES", "1500"))

ADDRESS = f"""
import random
server = socket.create_server(("127.0.0.1", 0), backlog=64)
def serve():
    while True:
        client, _ = server.accept(); client.sendall(b"LOC"); client.close()
threading.Thread(target=serve, daemon=True).start()
def address(ip, port): return struct.pack("=H", 2) + struct.pack("!H4s8x", port, socket.inet_aton(ip))
both = [address("127.0.0.1", server.getsockname()[1]), address("10.213.7.2", 7000)]
buffer = ctypes.create_string_buffer(both[0], 16)
def rewrite():
    while True:
        for one in both: ctypes.memmove(buffer, one, 16)
sys.setswitchinterval(1e-5)
threading.Thread(target=rewrite, daemon=True).start()
found, done = {{}}, 0
while done < {ROUNDS} or (done < 40 * {ROUNDS} and not set(os.environ["BOTH"].split()) <= found.keys()):
    done += 1
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", 1, 0))
        if libc.connect(s.fileno(), buffer, 16): said = errno.errorcode[ctypes.get_errno()]
        else: said = s.recv(3).decode()
    found[said] = found.get(said, 0) + 1
say(**found)
"""

# A unix address for a unix socket goes on to the kernel, which reads both again.
DESCRIPTOR = f"""
def address(ip, port): return struct.pack("=H", 2) + struct.pack("!H4s8x", port, socket.inet_aton(ip))
both = [struct.pack("=H14s", 1, b"/nowhere"), address("10.213.7.2", 7000)]
buffer = ctypes.create_string_buffer(both[0], 16)
unix, number = socket.socket(socket.AF_UNIX), os.dup(0)
tcp = None
def rewrite():
    while True:
        ctypes.memmove(buffer, both[0], 16); os.dup2(unix.fileno(), number)
        mine = tcp
        if mine is not None:
            ctypes.memmove(buffer, both[1], 16); os.dup2(mine.fileno(), number); time.sleep(0)
sys.setswitchinterval(1e-5)
threading.Thread(target=rewrite, daemon=True).start()
found, done = {{}}, 0
while done < {ROUNDS} or (done < 40 * {ROUNDS} and not set(os.environ["BOTH"].split()) <= found.keys()):
    done += 1
    fresh = socket.socket(); fresh.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", 0, 100000))
    old, tcp = tcp, fresh
    if done % 2: time.sleep(0)  # a busy machine may never run both threads at once: let the other one see it first
    if libc.connect(number, buffer, 16): said = errno.errorcode[ctypes.get_errno()]
    else: said = "connected"
    found[said] = found.get(said, 0) + 1
    try: fresh.settimeout(0.2); said = fresh.recv(3).decode()
    except OSError: said = "nothing"
    found[said] = found.get(said, 0) + 1
say(**found)
"""


def until(both: str) -> dict[str, str]:
    """The workload's environment: the outcomes that have to be seen for the race to have been one."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "BOTH": both}


def test_unsupervised_both_addresses_are_reached(tmp_path: Path, far: Far) -> None:
    found = unsupervised(tmp_path, ADDRESS, within=far.within, timeout=1200, env=until("LOC FAR")).found
    assert found["LOC"] > 0
    assert found["FAR"] > 0


@pytest.mark.parametrize("alone", [False, True])
def test_an_address_rewritten_while_it_is_read(tmp_path: Path, far: Far, alone: bool) -> None:
    """`alone`: without a filter and without Landlock, which would refuse a connection of the workload's own hand."""
    before = far.reached
    change = {"filter": None, "tcp_rules": None} if alone else {}
    found = run(tmp_path, ADDRESS, within=far.within, timeout=1200, env=until("LOC EACCES"), **change).found
    assert sum(found.values()) >= ROUNDS
    assert found.keys() <= {"LOC", "EACCES"}
    assert found["LOC"] > 0  # the race was a real one: both were seen
    assert found["EACCES"] > 0
    assert far.reached == before


def test_unsupervised_the_exchanged_descriptor_gets_there(tmp_path: Path, far: Far) -> None:
    assert unsupervised(tmp_path, DESCRIPTOR, within=far.within, timeout=1200, env=until("FAR")).found["FAR"] > 0


@pytest.mark.parametrize("alone", [False, True])
def test_a_descriptor_exchanged_after_its_address_was_let_through(tmp_path: Path, far: Far, alone: bool) -> None:
    before = far.reached
    change = {"filter": None, "tcp_rules": None} if alone else {}
    found = run(tmp_path, DESCRIPTOR, within=far.within, timeout=1200, env=until("ENOENT"), **change).found
    assert found["ENOENT"] > 0  # the unix address was let through
    assert "FAR" not in found
    assert far.reached == before
