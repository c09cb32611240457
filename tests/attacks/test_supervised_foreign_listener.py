"""Without a network namespace the machine's own services are on the workload's loopback: databases, engines, desktops.

Only what the workload itself listens on is there for it, whatever spelling of loopback it uses.
"""

import socket
from pathlib import Path

import supervised

ATTACK = """
foreign = port_of("FOREIGN")
said = {}
for host in ("127.0.0.1", "127.0.0.2", "0.0.0.0"):
    with socket.socket() as s: said[host] = code(s.connect, (host, foreign))
with socket.socket(socket.AF_INET6) as s: said["mapped"] = code(s.connect, ("::ffff:127.0.0.1", foreign))
with socket.create_server(("127.0.0.1", 0)) as own, socket.socket() as s:
    said["own"] = code(s.connect, own.getsockname())
    port = own.getsockname()[1]
with socket.socket() as s: said["closed again"] = code(s.connect, ("127.0.0.1", port))
say(**said)
"""
ALL = ("127.0.0.1", "127.0.0.2", "0.0.0.0", "mapped")


def test_a_service_of_the_machine_is_out_of_reach(tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as service:
        env = {"FOREIGN": str(service.getsockname()[1]), "PATH": "/usr/bin:/bin"}
        free, held = supervised.unsupervised(tmp_path, ATTACK, env=env), supervised.run(tmp_path, ATTACK, env=env)
    assert [free.found[name] for name in ALL] == [0, 0, 0, 0]
    assert [held.found[name] for name in ALL] == ["ECONNREFUSED"] * 4
    assert held.found["own"] == free.found["own"] == 0
    assert held.found["closed again"] == free.found["closed again"] == "ECONNREFUSED"


def test_a_port_that_both_listen_on_is_nobodys(tmp_path: Path) -> None:
    """The kernel may choose the other one, so what is shared is refused."""
    text = """
with socket.socket() as own:
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    own.bind(("127.0.0.2", port_of("FOREIGN")))
    own.listen()
    with socket.socket() as s: say(shared=code(s.connect, ("127.0.0.2", port_of("FOREIGN"))))
"""
    with socket.create_server(("127.0.0.1", 0)) as service:
        env = {"FOREIGN": str(service.getsockname()[1]), "PATH": "/usr/bin:/bin"}
        free, held = supervised.unsupervised(tmp_path, text, env=env), supervised.run(tmp_path, text, env=env)
    assert (free.found["shared"], held.found["shared"]) == (0, "ECONNREFUSED")
