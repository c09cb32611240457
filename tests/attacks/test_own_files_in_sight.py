"""In one container Catalyst's own files lie in the workload's sight and belong to its user: Landlock hides what must not be
opened, and no way round by a link, a descriptor or another name leads there."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from catalyst.instance.way_out import abstract, nameless
from complaint import GUARD, write_plan
from support import open_to_all

UID = 65534 if os.geteuid() == 0 else os.geteuid()
TRY = """
import errno, json, os, sys
from pathlib import Path
secret, open_ = Path(sys.argv[1]), Path(sys.argv[2])
def link(): os.link(secret, open_ / "second"); return (open_ / "second").read_bytes()
def symlink(): os.symlink(secret, open_ / "third"); return (open_ / "third").read_bytes()
def rename(): secret.rename(open_ / "moved"); return (open_ / "moved").rename(secret)
def folder(): secret.parent.rename(open_ / "all"); return (open_ / "all").rename(secret.parent)
def held(): return os.read(os.open(f"/proc/self/fd/{os.open(secret, os.O_PATH)}", os.O_RDONLY), 1)
def beneath(): return os.read(os.open(secret.name, os.O_RDONLY, dir_fd=os.open(secret.parent, os.O_PATH)), 1)
def through(): return Path(f"/proc/self/root{secret}").read_bytes()
said = {}
ways = dict(read=secret.read_bytes, write=lambda: secret.open("r+b").close(), truncate=lambda: os.truncate(secret, 4),
            link=link, symlink=symlink, rename=rename, folder=folder, held=held, beneath=beneath, through=through,
            make=lambda: (secret.parent / "new").touch(), remove=lambda: (secret.parent / "other").unlink())
for name, way in ways.items():
    try: way(); said[name] = "through"
    except OSError as error: said[name] = errno.errorcode[error.errno]
said["neighbour"] = (secret.parent.parent / "neighbour").read_text()
said["system"] = len(os.listdir("/etc")) > 0 and os.access("/etc/hosts", os.R_OK) and Path("/etc/hosts").exists()
print(json.dumps(said))
"""


def attempt(folder: Path, hidden: list[str], shown: list[str] | None = None) -> dict[str, Any]:
    """What each way came to, in a guard's workload with these paths hidden."""
    state, place = folder / "data/state", folder / "data/output"
    for one in (state, place):
        one.mkdir(parents=True)
    (state / "secret").write_bytes(b"bait")
    (state / "other").write_bytes(b"")
    (folder / "data/neighbour").write_text("open")
    open_to_all(folder / "data")
    open_to_all(folder)
    if os.geteuid() == 0:
        for one in (folder / "data", state, place, state / "secret", state / "other", folder / "data/neighbour"):
            os.chown(one, UID, UID)
    rules = {"execute": ["/usr"], "write": [str(place)] if hidden else [str(folder)], "hidden": hidden,
             "shown": shown or []}  # fmt: skip
    argv = ["/usr/bin/python3", "-c", TRY, str(state / "secret"), str(place)]
    plan = write_plan(folder, {"argv": argv, "uid": UID, "gid": UID, "file_rules": rules})
    done = subprocess.run([sys.executable, "-I", "-S", str(GUARD), str(plan)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_control_where_nothing_is_hidden_every_way_leads_there(tmp_path: Path) -> None:
    found = attempt(tmp_path, [])
    assert {name for name, came in found.items() if came == "through"} == found.keys() - {"neighbour", "system"}


@pytest.mark.parametrize("what", ["data/state", "data/state/secret"])
def test_no_way_leads_to_what_is_hidden(tmp_path: Path, what: str) -> None:
    found = attempt(tmp_path, [str(tmp_path / what)])
    assert {name for name, came in found.items() if came == "through"} == set()
    assert (found["neighbour"], found["system"]) == ("open", True)


def test_a_link_beside_it_is_no_rule_that_opens_it(tmp_path: Path) -> None:
    """The guard gives a rule to all that lies beside; a rule for a link would be one for where it leads."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/way").symlink_to(tmp_path / "data/state")
    (tmp_path / "data/up").symlink_to("/")
    found = attempt(tmp_path, [str(tmp_path / "data/state")])
    assert {name for name, came in found.items() if came == "through"} == set()


def test_one_file_of_what_is_hidden_can_be_read_and_no_other(tmp_path: Path) -> None:
    """The certificates that the workload is to trust lie beside the broker's files."""
    found = attempt(tmp_path, [str(tmp_path / "data/state")], [str(tmp_path / "data/state/secret")])
    assert {name for name, came in found.items() if came == "through"} == {"read", "held", "beneath", "through", "symlink"}
    (tmp_path / "second").mkdir()
    found = attempt(tmp_path / "second", [str(tmp_path / "second/data/state")], [str(tmp_path / "second/data/state/other")])
    assert {name for name, came in found.items() if came == "through"} == set()


@pytest.mark.parametrize("what", ["folder", "link"])
def test_what_is_shown_is_a_file_and_no_link_to_one(tmp_path: Path, what: str) -> None:
    open_to_all(tmp_path)
    state = tmp_path / "state"
    state.mkdir()
    (state / "secret").write_text("bait")
    (state / "link").symlink_to("secret")
    shown = state / "link" if what == "link" else state
    made = {"execute": ["/usr"], "write": [], "hidden": [str(state)], "shown": [str(shown)]}
    plan = write_plan(tmp_path, {"file_rules": made, "uid": UID, "gid": UID})
    done = subprocess.run([sys.executable, "-I", "-S", str(GUARD), str(plan)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (6, "")
    assert "no file that could be shown" in done.stderr


@pytest.mark.parametrize(("hidden", "rules"), [("data/output/x", "data"), ("data", "data/output")])
def test_what_another_rule_would_open_cannot_be_hidden(tmp_path: Path, hidden: str, rules: str) -> None:
    open_to_all(tmp_path)
    (tmp_path / hidden).mkdir(parents=True)
    (tmp_path / rules).mkdir(parents=True, exist_ok=True)
    made = {"execute": ["/usr"], "write": [str(tmp_path / rules)], "hidden": [str(tmp_path / hidden)], "shown": []}
    plan = write_plan(tmp_path, {"file_rules": made, "uid": UID, "gid": UID})
    done = subprocess.run([sys.executable, "-I", "-S", str(GUARD), str(plan)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (6, "")
    assert "cannot be hidden" in done.stderr


@pytest.mark.parametrize("scoped", [True, False])
def test_the_owners_socket_has_a_name_that_only_the_unconfined_can_use(tmp_path: Path, scoped: bool) -> None:
    """The broker's control, whose peer is looked up by uid, and the workload's uid is ours."""
    open_to_all(tmp_path)
    name = f"catalyst-test-{os.urandom(8).hex()}"
    script = f"import socket; socket.socket(socket.AF_UNIX).connect('\\0{name}')"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0{name}")
        listener.listen(4)
        argv = ["/usr/bin/python3", "-c", script]
        plan = write_plan(tmp_path, {"argv": argv, "scoped": scoped, "uid": UID, "gid": UID})
        done = subprocess.run([sys.executable, "-I", "-S", str(GUARD), str(plan)], capture_output=True, text=True,
                              timeout=60)  # fmt: skip
    assert (done.returncode == 0) is not scoped, done.stderr
    assert ("PermissionError" in done.stderr) is scoped


LISTED = """
import socket, sys
names = [line.split()[-1].replace("@", chr(0), 1) for line in open("/proc/net/unix")]
for name in names:
    if sys.argv[1] in name:
        try:
            socket.socket(socket.AF_UNIX).connect(name)
            print("through")
        except OSError as error:
            print(error)
"""


@pytest.mark.parametrize("named", [True, False])
def test_without_scopes_a_name_that_nobody_was_told_is_listed_and_none_is_not(tmp_path: Path, named: bool) -> None:
    """proc_pid_net(5) lists every name, so none is a secret; the owner has a descriptor and needs no name."""
    open_to_all(tmp_path)
    secret = os.urandom(32).hex()
    with abstract(secret) if named else nameless(tmp_path):
        argv = ["/usr/bin/python3", "-c", LISTED, secret if named else "egress.sock"]
        plan = write_plan(tmp_path, {"argv": argv, "uid": UID, "gid": UID})
        words = [sys.executable, "-I", "-S", str(GUARD), str(plan)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert ("through" in done.stdout) is named
    assert list(tmp_path.iterdir()) == [tmp_path / "plan.json"]
