"""Whoever may write to the control socket opens the way out. It has to be the owner's, by credentials, not by place."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from brokers import broker
from catalyst.services.broker import client
from support import open_to_all

ASK = """
import socket, sys
peer = socket.socket(socket.AF_UNIX)
peer.connect(sys.argv[1])
try:
    peer.sendall(b'{"do": "allow", "rule": "evil.org"}\\n')
    print(peer.recv(4096))
except OSError as error:
    print(error)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second user")
def test_another_user_is_not_answered(tmp_path: Path) -> None:
    """Also not the user whom the broker becomes: the workload may well be the same one."""
    open_to_all(tmp_path)
    with broker(tmp_path) as running:
        for user in (1000, 65534):
            done = subprocess.run(["/usr/bin/python3", "-c", ASK, running.control], user=user, group=user,
                extra_groups=[],
                                  capture_output=True, text=True, check=True)  # fmt: skip
            assert '"ok"' not in done.stdout
        assert client.listed(running.control)["rules"] == []
        assert client.allow(running.control, "good.org")["rules"] == ["good.org"], "the positive control: root is"


def test_the_way_out_does_not_take_control_requests(tmp_path: Path) -> None:
    with broker(tmp_path) as running:
        answer = running.answer(b'{"do": "allow", "rule": "evil.org"}\n')
        assert answer.startswith(b"HTTP/1.1 400")
        assert client.listed(running.control)["rules"] == []


def test_control_takes_no_nonsense(tmp_path: Path) -> None:
    lines = [b"", b"[]", b"{", b'{"do": "allow"}', b'{"do": "allow", "rule": 1}', b'{"do": "allow", "rule": "*"}',
        b'{"do": "list", "x": "y"}',
             b'{"do": "obey"}', b"[" * 3000, b'{"do": "deny", "rule": "good.org"}', b"\xff\xfe"]  # fmt: skip
    with broker(tmp_path) as running:
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(10)
            peer.connect(running.control)
            stream = peer.makefile("rwb", buffering=0)
            for line in lines:
                stream.write(line + b"\n")
                answer = stream.readline()
                assert answer.startswith(b'{"ok": false'), (line, answer)
            stream.write(b"x" * 100_000 + b"\n")
            stream.close()
        assert client.listed(running.control)["rules"] == []
