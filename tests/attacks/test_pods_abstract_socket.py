"""The containers of a pod share a network, and with it the names of abstract sockets. On a kernel without Landlock's scopes
a workload of the same uid opened the way out for itself at the control socket that front had there."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from catalyst.errors import BrokerSilent
from catalyst.instance.egress import change, state
from catalyst.instance.store import Store
from catalyst.instance.way_out import control_name
from catalyst.services.broker import client
from catalyst.settings import load
from support import own_environment

# As entrypoint.front has it, without the gateway. The second word of its argv: the folder of the way out.
FRONT = """
import sys
from contextlib import ExitStack
from pathlib import Path
from catalyst.container import services
from catalyst.instance.way_out import abstract
from catalyst.render.session import BROKER_FILE
from catalyst.settings import load
settings = load({"data": sys.argv[1], "network_mode": "restricted"}, environ={})
front = services.Services(settings, None, print)
front.sockets.out = front.sockets.trusted = Path(sys.argv[2])
if sys.argv[3:]:
    front._control = lambda: abstract(front.store.id)
with ExitStack() as stack:
    front.store.prepare(settings.user, instance=True)
    front.store.make_kept()
    front.store.lock()
    front.store.clear()
    front.url = ""
    front.front = type("Front", (), {"url": "http://127.0.0.1/"})
    front._record("ready")
    front.store.open_session({BROKER_FILE: front._config}, settings.user, door=False)
    stack.callback(front.store.clear)
    front._open_way_out(stack)
    while not front._broker_answers():
        pass
    print("there", flush=True)
    sys.stdin.read()
"""


@contextmanager
def front(tmp_path: Path, *words: str) -> Iterator[str]:
    """A front alone in its container. The name that an abstract control socket of its would have."""
    for name in ("data", "out"):
        (tmp_path / name).mkdir(exist_ok=True)
    argv = [sys.executable, "-c", FRONT, str(tmp_path / "data"), str(tmp_path / "out"), *words]
    running = subprocess.Popen(argv, env=own_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout
        assert running.stdout.readline() == "there\n"
        yield control_name(Store(str(tmp_path / "data")).id)
    finally:
        running.communicate()


def named(name: str) -> bool:
    """Does the kernel list it for whoever has this network?"""
    return name.replace("\0", "@") in Path("/proc/net/unix").read_text()


@pytest.mark.parametrize("name", [False, True])
def test_whoever_shares_the_network_does_not_open_the_way_out(tmp_path: Path, name: bool) -> None:
    with front(tmp_path, *(["a name"] if name else [])) as socket:
        assert named(socket) is name
        if name:
            assert client.allow(socket, "evil.example.net")["rules"][-1] == "evil.example.net", "as it was before"
        else:
            with pytest.raises(BrokerSilent):
                client.allow(socket, "evil.example.net")


def test_the_owner_still_has_it_and_the_other_container_is_told(tmp_path: Path) -> None:
    with front(tmp_path):
        settings = load({"data": str(tmp_path / "data"), "network_mode": "restricted"}, environ={})
        assert state(settings)["running"]
        list(change(settings, "allow", "owner.example.net", save=False, config=None))
        assert "owner.example.net" in [one["rule"] for one in state(settings)["rules"]]
        assert json.loads((tmp_path / "out/tokens.json").read_text()) == {"tokens": False}
        assert {one.name for one in (tmp_path / "out").iterdir()} == {"out.sock", "tokens.json"}
