"""Probes of the kernel and the network: unconfined they work and change nothing; under our filters they are refused
exactly where they promise to be."""

import errno
import json
import os
import pty
import shutil
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from catalyst.audit.inside import attempt
from catalyst.audit.inside.acts import kernel, machine, network, processes, sockets, tracing
from catalyst.audit.inside.native import NONE, NUMBERS, UnknownMachine
from catalyst.audit.inside.probe import GUARD, LEVELS, Answer, Context, allowed
from catalyst.policy.model import SystemCalls, Tier
from catalyst.policy.syscalls import numbers
from catalyst.render.seccomp import program

SRC = Path(attempt.__file__).parents[3]
DRIVER = Path(__file__).with_name("driver.py")
PROBES = {probe.id: probe for probe in attempt.load_all() if probe.theme in {"kernel", "network"}}
NEWER = {"open_tree_attr", "file_setattr"}  # than the policy's table, which is why they are tried

# In namespaces of the test's own: nothing there is the machine's, and every address is the loopback.
ALONE = [
    "unshare",
    "--net",
    "--ipc",
    "--uts",
    "--pid",
    "--fork",
    "--mount-proc",
    *([] if os.getuid() == 0 else ["--user", "--map-root-user"]),
]
LOOP = "ip link set lo up && ip route add local default dev lo && ip -6 route add local default dev lo && "
# What is not on a machine with the loopback alone, or was not laid as bait.
ABSENT = {
    "bind-to-device", "default-gateway", "desktop-screen", "desktop-sockets", "engine-sockets", "interfaces",
    "listen-unbound", "local-services", "icmp-socket", "login-agents", "proxy-port", "runtime-sockets",
    "system-bus", "terminal-input",
}  # fmt: skip
# Of the kernel or the host, not of a restriction.
LACKING = {
    "ENOSYS", "EAFNOSUPPORT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "ENOENT", "ENXIO", "ENODEV", "EOPNOTSUPP",
}  # fmt: skip


def run(scratch: Path, *filters: Path) -> dict[str, Answer]:
    """Every attempt's answer, in namespaces of its own."""
    scratch.mkdir(exist_ok=True)
    driver = [sys.executable, "-I", "-S", str(DRIVER), str(SRC), str(scratch), *map(str, filters)]
    argv = [*ALONE, "sh", "-c", LOOP + '"$@"; exit $?', "sh", *driver]
    done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
    assert done.returncode == 0, done.stderr
    *lines, changed = (json.loads(line) for line in done.stdout.splitlines())
    assert changed == []
    return {name: Answer(*answer) for name, *answer in lines}


@pytest.fixture(scope="module")
def alone() -> None:
    if not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("needs util-linux and iproute2")
    if subprocess.run([*ALONE, "true"], capture_output=True).returncode:
        pytest.skip("no namespace can be made here")


def test_unconfined_they_work_and_leave_nothing_behind(tmp_path: Path, alone: None) -> None:
    answers = run(tmp_path / "scratch")
    assert [one.name for one in (tmp_path / "scratch").iterdir()] == ["bait.sock"]
    assert set(answers) == set(PROBES)
    for name, answer in answers.items():
        if name in ABSENT:
            continue
        if answer.outcome != "allowed" and os.getuid() == 0:
            assert answer.errno in LACKING, (name, answer)
        assert answer.outcome != "unknown", (name, answer)


@pytest.fixture(scope="module", params=["normal", "high", "maximum"])
def filtered(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, alone: None
) -> tuple[str, dict[str, Answer]]:
    folder = tmp_path_factory.mktemp(request.param)
    tier = list(Tier)[LEVELS.index(request.param)]
    rule = SystemCalls(tier, datagrams=False, memory_programs=tier is Tier.NORMAL)
    (folder / "filter").write_bytes(program.compile(rule, os.uname().machine))
    return request.param, run(folder / "scratch", folder / "filter")


def test_the_workloads_filter_refuses_what_it_promises_to_and_no_more(filtered: tuple[str, dict[str, Answer]]) -> None:
    level, answers = filtered
    held = {name: one for name, one in PROBES.items() if one.control == "system-calls" and GUARD in one.layers}
    assert len(held) > 150
    for name, probe in held.items():
        if name == "key-bait" and answers[name].outcome == "unknown":
            continue  # no key could be laid here
        if level in probe.levels:
            assert answers[name].outcome == "denied", (name, answers[name])
        elif os.getuid() == 0:
            assert answers[name].outcome == "allowed" or answers[name].errno in LACKING, (name, answers[name])


def test_call_numbers_are_the_policys() -> None:
    for column, machine_name in enumerate(("x86_64", "aarch64")):
        table = numbers.NUMBERS[machine_name]
        assert {name: own[column] for name, own in NUMBERS.items() if name not in NEWER} == {
            name: table.get(name, NONE) for name in NUMBERS if name not in NEWER
        }
    assert not {NUMBERS[name][0] for name in NEWER} & set(numbers.NUMBERS["x86_64"].values())


def test_what_public_leaves_open_is_the_public_internet_and_at_normal_the_owners_network() -> None:
    """Everything else of the network mode is promised in every mode."""
    closed = [one for one in PROBES.values() if one.control == "network-mode"]
    assert {one.id for one in closed if "public" not in one.networks} == {
        "internet-tcp", "pool-port", "dns-tcp", "docker-desktop",
    }  # fmt: skip
    assert {one.id for one in closed if one.levels != LEVELS} == {"private-range"}


@pytest.mark.parametrize(
    ("number", "outcome"), [("EPERM", "denied"), ("ENOSYS", "denied"), ("EFAULT", "allowed"), ("EINVAL", "allowed")]
)
def test_a_fault_in_the_arguments_means_the_kernel_was_reached(number: str, outcome: str) -> None:
    answer = kernel.reached("call", partial(refuse, getattr(errno, number)))
    assert (answer.outcome, answer.errno) == (outcome, number)


def refuse(number: int) -> int:
    raise OSError(number, "x")


def test_a_processor_without_numbers_is_unknown() -> None:
    def ask() -> int:
        raise UnknownMachine("m68k")

    assert kernel.reached("call", ask).outcome == kernel.permitted("call", ask).outcome == "unknown"


def test_a_child_hands_its_answer_on_and_a_killed_one_is_told_apart() -> None:
    assert tracing.forked(lambda: allowed("in")) == allowed("in")
    assert tracing.forked(partial(end_by, 31)).outcome == "denied"  # SIGSYS
    assert tracing.forked(partial(end_by, 9)).outcome == "unknown"


def end_by(number: int) -> Answer:
    os.kill(os.getpid(), number)
    return allowed("not reached")


def test_the_victim_is_who_has_the_word_itself_in_its_arguments() -> None:
    word = f"victim-{os.getpid()}"
    code = [sys.executable, "-I", "-S", "-c", "input()"]
    with subprocess.Popen([*code, f'["{word}"]'], stdin=subprocess.PIPE):
        assert processes.find_victim(word) is None
        with subprocess.Popen([*code, word], stdin=subprocess.PIPE) as victim:
            wait_for(victim.pid, word)
            assert processes.find_victim(word) == victim.pid
            assert victim.stdin
            victim.stdin.write(b"\n")
        victim.wait()


def wait_for(process: int, word: str) -> None:
    """Until it has become the program."""
    while word.encode() not in Path(f"/proc/{process}/cmdline").read_bytes():
        os.sched_yield()


def test_a_unix_socket_that_answers_is_allowed(tmp_path: Path) -> None:
    path = str(tmp_path / "docker.sock")
    assert sockets.knock(path).errno == "ENOENT"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(path)
        door.listen()
        assert sockets.knock(path).outcome == "allowed"
        assert sockets.knocks_any(str(tmp_path / "none"), path)(Context(tmp_path, tmp_path)).outcome == "allowed"


def test_a_door_for_datagrams_is_open_too(tmp_path: Path) -> None:
    """As /run/systemd/notify: the kernel asks for the permission first, so this is no refusal and nothing unknown."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.bind(path)
        answer = sockets.knock(path)
    assert (answer.outcome, answer.errno) == ("allowed", "EPROTOTYPE")


def test_without_bait_nothing_is_known(tmp_path: Path) -> None:
    context = Context(tmp_path, tmp_path)
    for name in ("host-loopback", "host-unix-socket", "trace-other", "key-bait", "host-shared-memory"):
        assert PROBES[name].act(context) == Answer("unknown", "no bait was laid")


def test_only_a_route_counts_for_the_internet_and_only_a_connection_for_a_service() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as closed:
        closed.bind(("127.0.0.1", 0))
        assert network.connect(closed.getsockname()).outcome == "allowed"  # refused by who is there
        assert network.open_door(closed.getsockname()).errno == "ECONNREFUSED"
    assert network.NOWHERE.startswith("198.51.100.")  # TEST-NET-2


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="int 0x80 is x86")
def test_machine_code_answers_for_itself() -> None:
    assert machine.call_32_bit().outcome in {"allowed", "denied"}


def test_a_controlling_terminal_can_be_typed_into() -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.write(1, PROBES["terminal-input"].act(Context(Path("/"), Path("/"))).line().encode())
        os._exit(0)
    line = os.read(terminal, 4096).decode()
    os.close(terminal)
    os.waitpid(child, 0)
    assert line.startswith(("allowed EFAULT TIOCSTI", "denied EIO TIOCSTI"))
