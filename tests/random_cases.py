"""Random policies, workloads and hosts, a hundred times quicker than hypothesis (tests/strategies.py) makes them.

Case N is the same in every run: whoever sees "case 4711 fails" has it with `Case(4711)`.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from random import Random
from typing import Any

from catalyst.guard.record import Record, replace
from catalyst.policy.build import collect
from catalyst.policy.model import (
    RULE_TYPES,
    TRACES,
    Capabilities,
    CleanEnvironment,
    Devices,
    Execution,
    ForensicCleanup,
    HiddenPaths,
    Identity,
    Limits,
    MaskedPaths,
    Namespace,
    Namespaces,
    Network,
    NoNewPrivileges,
    OwnTerminal,
    Place,
    Policy,
    Reach,
    ReadOnlyRoot,
    Rule,
    Scratch,
    SystemCalls,
    Tier,
    Umask,
    Writable,
)  # fmt: skip
from catalyst.policy.syscalls.numbers import NUMBERS
from catalyst.render.target import Facts, Sandbox
from catalyst.workloads.model import Mount, Workload

CAPABILITIES = ("CHOWN", "KILL", "NET_RAW", "SYS_ADMIN", "SETUID", "BPF", "CHECKPOINT_RESTORE")
KERNEL_FILES = ("/proc/acpi", "/proc/kcore", "/proc/sys", "/proc/keys", "/proc/sysrq-trigger", "/proc/timer_list",
                "/proc/bus", "/sys/firmware", "/proc/scsi")  # fmt: skip
FOLDERS = (
    "/srv/ComfyUI",
    "/srv/venv",
    "/srv/data/models",
    "/srv/data/output",
    "/opt/x",
    "/home/someone/ä b",
    "/srv",
    "/srv/data/models/..",
    "/srv/venv/lib",
    "/tmp/venv",
    "/data/models/sub",
    "/usr/local",
    "//srv//odd",
    "/srv/-x",
)
HOSTILE = ("", " ", "-", "--privileged", "a,b", 'a"b', "a'b", "a\nb", "\x1b[2J", "é", "\udcff", "\U0001f600", "=", "$(x)",
           "%s", "{}", "\\", "x" * 300, "type=bind", "NaN", "0")  # fmt: skip
GPU = ("/dev/dri", "/dev/kfd", "/dev/nvidia0", "/sys/class/kfd", "/run/nvidia-persistenced")
MOST = 1 << 62


def _some(random: Random, among: tuple[str, ...] | type[Namespace] | type[Place]) -> list[str]:
    """A subset, often empty, often all."""
    items = list(among)
    return random.sample(items, random.choice((0, 1, len(items), random.randint(0, len(items)))))


def _size(random: Random) -> int:
    """From 1 to 2^62, small numbers and powers of two as likely as any."""
    return random.choice((1, MOST, 1 << random.randrange(63), random.randint(1, MOST)))


def _network(random: Random) -> Network:
    """Only what a control can ask for: private ranges with the internet, a list with the broker."""
    reach = random.choice(list(Reach))
    hosts = frozenset(random.sample(("huggingface.co:443", "*.hf.co:443", "1.1.1.1:80"), random.randint(0, 3)))
    return Network(reach, reach is Reach.INTERNET and random.random() < 0.5, hosts if reach is Reach.BROKER else frozenset())


def _id(random: Random) -> int:
    return random.choice((1, 1000, (1 << 32) - 2, 1 << 31, random.randint(1, (1 << 32) - 2)))


RULES: Mapping[type[Rule], Callable[[Random], Rule]] = {
    Identity: lambda random: Identity(_id(random), _id(random)),
    NoNewPrivileges: lambda _: NoNewPrivileges(),
    Capabilities: lambda random: Capabilities(frozenset(_some(random, CAPABILITIES))),
    Namespaces: lambda random: Namespaces(frozenset(map(Namespace, _some(random, Namespace)))),
    Network: _network,
    ReadOnlyRoot: lambda _: ReadOnlyRoot(),
    Writable: lambda random: Writable(frozenset(map(Place, _some(random, Place)))),
    Scratch: lambda random: Scratch(_size(random), random.random() < 0.5),
    Execution: lambda random: Execution(random.random() < 0.5),
    HiddenPaths: lambda random: HiddenPaths(frozenset(f"{folder}/v.age" for folder in _some(random, FOLDERS[:7])[:2])),
    MaskedPaths: lambda random: MaskedPaths(frozenset(_some(random, KERNEL_FILES))),
    Limits: lambda random: Limits(_size(random), _size(random), _size(random)),
    Devices: lambda random: Devices(frozenset(_some(random, ("nvidia", "amd", "intel")))),
    Umask: lambda random: Umask(random.choice((0, 0o022, 0o077, 0o777, random.randint(0, 0o777)))),
    CleanEnvironment: lambda _: CleanEnvironment(),
    OwnTerminal: lambda _: OwnTerminal(),
    SystemCalls: lambda random: SystemCalls(random.choice(list(Tier)), random.random() < 0.5, random.random() < 0.5),
    ForensicCleanup: lambda random: ForensicCleanup(_size(random), *_on_disk(random)),
}


def _on_disk(random: Random) -> tuple[frozenset[Place], frozenset[Place]]:
    """Places on disk, and those of them that are kept."""
    on_disk = frozenset(map(Place, _some(random, Place))) & TRACES
    return on_disk, frozenset(place for place in on_disk if random.random() < 0.5)


def _text(random: Random) -> str:
    return random.choice((random.choice(HOSTILE), f"word{random.randrange(99)}"))


def _name(random: Random) -> str:
    """Of a variable: without `=`, not empty, as execve(2) has them."""
    return random.choice(("HOME", "LD_PRELOAD", "é", "a b", "\udcfe", f"V{random.randrange(99)}"))


def _folder(random: Random) -> str:
    """An absolute path, one in forty of them hostile."""
    folder = random.choice(FOLDERS)
    return f"{folder}/{random.choice(HOSTILE)}" if random.random() < 0.025 else folder


def _mounts(random: Random) -> tuple[Mount, ...]:
    """The places, most of them, as up shows them; code beside them, in places where it often may not be."""
    places = [
        Mount(f"/srv/data/{place.value}", f"/data/{place.value}", place) for place in Place if random.random() < 0.8
    ]
    code = [
        Mount(_folder(random), random.choice((_folder(random), "/srv/ComfyUI"))) for _ in range(random.randrange(3))
    ]
    return (*code, *places)


def _workload(random: Random) -> Workload:
    return Workload(
        name=random.choice(("comfyui", "canary", "command")),
        argv=tuple(_text(random) for _ in range(random.randint(1, 4))),
        env={_name(random): _text(random) for _ in range(random.randrange(4))},
        cwd=_folder(random),
        mounts=_mounts(random),
        port=random.choice((None, 1, 8188, 65535)),
        stop_signal=random.choice(("SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP")),
        grace=random.choice((0, 10, 3600)),
        restarts=random.choice((0, 5, 1000)),
        terminal=random.random() < 0.3,
        folders=tuple(_folder(random) for _ in range(random.randrange(3))),
    )


def _facts(random: Random) -> Facts:
    return Facts(
        root=random.random() < 0.5,
        rootless=random.random() < 0.5,
        links=random.choice((Facts.links, (), (("/bin", ""), ("/lib", "usr/lib")))),
        etc=random.choice(((), ("/etc/resolv.conf", "/etc/ssl/certs"))),
        gpu=tuple(_some(random, GPU)),
        groups=random.choice(((), (44, 109), ((1 << 32) - 2,))),
        submounts=random.choice(
            (frozenset[str](), frozenset({"/srv/data/models/disk"}), frozenset({"/srv/venv/x", "/"}))
        ),
        kernel_files=frozenset(_some(random, KERNEL_FILES)),
        cgroup=random.choice((1, 2)),
        machine=random.choice((*NUMBERS, "riscv64", "")),
        landlock=random.choice((0, 1, 2, 3, 6, 7, 99)),
        most_files=_size(random),
        most_processes=_size(random),
    )


class Case(Record):
    """What a target is given."""

    policy: Policy
    sandbox: Sandbox
    facts: Facts


@lru_cache(maxsize=2048)
def case(number: int) -> Case:
    """Case `number`: some rule types, each asked for once or more by controls of its own."""
    random = Random(number)
    chance = random.choice((0.2, 0.5, 0.9, 1.0))
    emitted = [(RULES[kind](random), f"control-{random.randrange(3)}-{kind.__name__.lower()}")
               for kind in RULE_TYPES if random.random() < chance for _ in range(random.choice((1, 1, 2)))]  # fmt: skip
    random.shuffle(emitted)
    sandbox = Sandbox(
        id=f"{random.getrandbits(48):012x}",
        workload=_workload(random),
        session="/srv/session",
        package="/usr/lib/python3/catalyst",
        python="/usr/bin/python3",
        image="catalyst-comfyui",
        lifeline=random.choice((None, 0, 5)),
    )
    return Case(collect(emitted), sandbox, _facts(random))


def another(rule: Rule, random: Random) -> Rule | None:
    """The rule with one field changed, None where the type has one value."""
    for _ in range(20):
        found = RULES[type(rule)](random)
        differ = [name for name, value in vars(rule).items() if value != vars(found)[name]]
        if differ:
            name = random.choice(differ)
            return replace(rule, **{name: vars(found)[name]})
    return None


def damaged(text: str, random: Random) -> str:
    """A JSON document after bytes were flipped, cut or doubled, or a value somewhere was taken out or replaced."""
    if random.random() < 0.1:  # one line twice: a key that stands there twice
        lines = text.splitlines(keepends=True)
        lines.insert(random.randrange(1, len(lines)), random.choice(lines))
        return "".join(lines)
    if random.random() < 0.5:
        return _damaged_bytes(text.encode(), random).decode(errors="replace")
    document = json.loads(text)
    for _ in range(random.randint(1, 3)):
        _damage(document, random)
    return json.dumps(document)


def _damaged_bytes(data: bytes, random: Random) -> bytes:
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(data) + 1)
        end = min(len(data), at + random.choice((1, 1, 8, 200)))
        match random.randrange(5):
            case 0:
                data = data[:at] + bytes(byte ^ 1 << random.randrange(8) for byte in data[at:end]) + data[end:]
            case 1:
                data = data[:at] + data[end:]
            case 2:
                data = data[:end] + data[at:]
            case 3:
                data = (
                    data[:at] + random.choice((b" ", b"\n", b"0", b"-", b"e9", b'"', b"[", b"\0", b"\xff")) + data[at:]
                )
            case _:
                data = data[:at] if random.random() < 0.2 else data
    return data


def _damage(document: Any, random: Random) -> None:
    """Change one key or item of a random container inside."""
    inside: list[dict[str, Any] | list[Any]] = []
    todo = [document]
    while todo:
        one = todo.pop()
        if isinstance(one, dict | list):
            inside.append(one)
            todo += one.values() if isinstance(one, dict) else one
    where = random.choice((document, random.choice(inside)))
    if isinstance(where, dict):
        key = random.choice((*where, random.choice(HOSTILE)))
        if random.random() < 0.3:
            where.pop(key, None)
        else:
            where[key] = _value(random)
    elif where and random.random() < 0.3:
        del where[random.randrange(len(where))]
    else:
        where.insert(random.randint(0, len(where)), _value(random))


def _value(random: Random) -> Any:
    """Any JSON value, often one that nearly fits."""
    if random.random() < 0.3:
        return random.choice((True, False, 1.0, None))
    return random.choice((
        None, True, False, 0, 1, -1, 1000, 1.0, 1e300, float("nan"), MOST, MOST + 1, 1 << 64, [], {}, [[]], {"": None},
        ["/bin/true"], {"HOME": "/"}, {"socket": "/s", "port": 80}, {"execute": [], "write": []}, "\ud800", "\0", "SIGKILL",
        "SIGINT", "AAAAAAAAAAA=", "A" * 12, *HOSTILE,
    ))  # fmt: skip
