"""The plan: everything the guard does, as one JSON document. The host side encodes it, the guard decodes it.

Decoding is strict, because what is not understood is not enforced: an unknown key, a missing one or a value of the
wrong type is an error that names the key.
"""

import binascii
import json
import os
from collections.abc import Callable
from typing import Any

from catalyst.guard.record import Record

VERSION = 1
MAX_BYTES = 1 << 20


class PlanError(ValueError):
    """The plan cannot be followed; the message names the key."""


class PlacedPath(Record):
    """A directory the workload needs: where it is inside, where it came from outside, whether it must be writable.

    `identity` is the device and inode number that were looked at outside; None where nobody could have exchanged it.
    """

    inside: str
    outside: str
    writable: bool
    identity: tuple[int, int] | None


class Door(Record):
    """The way in: a unix socket to listen on, and the workload's port on 127.0.0.1 that it leads to."""

    socket: str
    port: int


class FileRules(Record):
    """Landlock: paths below which programs may be run, paths below which may be written, and paths below which no file may
    be opened at all, because Catalyst's own files lie there in the workload's sight; `shown` are those there that may be
    read."""

    execute: tuple[str, ...]
    write: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()


class TcpRules(Record):
    """Landlock: ports that TCP sockets may be bound to (None: any), and connected to, whatever the address."""

    bind: tuple[int, ...] | None
    connect: tuple[int, ...]


class Egress(Record):
    """Supervised sockets (guard/egress): `filter`, a BPF program in base64, asks the guard about socket(2), bind(2),
    listen(2) and connect(2); `door` is the broker's unix socket, None where there is no way out at all."""

    filter: str
    door: str | None


class Plan(Record):
    """What to run, and under which restrictions. Sizes in bytes, `grace` in seconds.

    `groups` are further gids (of GPU nodes); `filter` is the BPF program in base64 that the workload is started under,
    `file_rules` and `tcp_rules` what Landlock lets it do, `scoped` that it reaches no process and no abstract unix socket
    outside; `egress` that its TCP sockets are the guard's (None: they are its own); `uid` and `gid` None leave the user;
    `restarts` is how often the workload may be started again within ten minutes; `lifeline` is a descriptor whose end
    of file means that Catalyst is gone; `services` are pids of children that the guard was started with, whose end is
    the workload's; `command` means that signals, terminal and exit code are passed through.
    """

    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: str
    uid: int | None
    gid: int | None
    groups: tuple[int, ...]
    no_new_privileges: bool
    no_capabilities: bool
    filter: str | None
    file_rules: FileRules | None
    tcp_rules: TcpRules | None
    egress: Egress | None
    scoped: bool
    umask: int
    processes: int
    files: int
    folders: tuple[str, ...]
    places: tuple[PlacedPath, ...]
    door: Door | None
    lifeline: int | None
    stop_signal: str
    grace: int
    restarts: int
    command: bool
    services: tuple[int, ...] = ()


# A plan with these restricts nothing. A renderer starts from them, so that what no rule asks for is not enforced.
UNCONFINED: dict[str, Any] = {
    "uid": None, "gid": None, "no_new_privileges": False, "no_capabilities": False, "filter": None, "file_rules": None,
    "tcp_rules": None, "egress": None, "scoped": False, "umask": 0o022, "processes": 1 << 20, "files": 1 << 20,
}  # fmt: skip


def encode(plan: Plan) -> str:
    """The plan as JSON text."""
    document: dict[str, Any] = {"version": VERSION}
    for name, value in vars(plan).items():
        if name == "places":
            value = [vars(place) for place in value]
        elif isinstance(value, Door | FileRules | TcpRules | Egress):
            value = vars(value)
        document[name] = value
    return json.dumps(document, indent=1, sort_keys=True)


def decode(text: str) -> Plan:
    """The plan in `text`. Raises PlanError."""
    if len(text) > MAX_BYTES:
        raise PlanError(f"plan: larger than {MAX_BYTES} bytes")
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise PlanError(f"plan: {error}") from error
    version = document.pop("version", None) if isinstance(document, dict) else None
    if type(version) is not int or version != VERSION:  # True and 1.0 are equal to 1, and not understood
        raise PlanError(f"plan: version: this guard understands version {VERSION}")
    return Plan(**_object("", document, _PLAN))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise PlanError("plan: a key stands there twice")
    return dict(pairs)


Check = Callable[[str, Any], Any]


def _object(where: str, value: Any, schema: dict[str, Check]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PlanError(f"plan: {where}: must be an object")
    for key in sorted(value.keys() ^ schema.keys()):
        raise PlanError(f"plan: {where}{key[:80]!a}: {'unknown' if key in value else 'missing'} key")
    return {key: check(f"{where}{key}", value[key]) for key, check in schema.items()}


def _exactly(kind: type[str | int | bool], low: int = 0, high: int = 1 << 62) -> Check:
    def check(where: str, value: object) -> object:
        # bool is an int in Python; a plan that says `"uid": true` is not understood
        if type(value) is not kind:
            raise PlanError(f"plan: {where}: must be {kind.__name__}")
        if isinstance(value, str):
            _encodable(where, value)
        if type(value) is int and not low <= value <= high:
            raise PlanError(f"plan: {where}: must be from {low} to {high}")
        return value

    return check


def _encodable(where: str, value: str) -> None:
    """exec, chdir and stat take bytes without NUL; half a surrogate pair has none."""
    try:
        good = b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        good = False
    if not good:
        raise PlanError(f"plan: {where}: must be text without NUL")


def _list(item: Check, *, at_least: int = 0, exactly: int | None = None) -> Check:
    def check(where: str, value: Any) -> Any:
        if not isinstance(value, list) or len(value) < at_least:
            raise PlanError(f"plan: {where}: must be a list of {at_least} or more")
        if exactly is not None and len(value) != exactly:
            raise PlanError(f"plan: {where}: must be a list of {exactly}")
        return tuple(item(f"{where}[{index}]", one) for index, one in enumerate(value))

    return check


def _optional(item: Check) -> Check:
    return lambda where, value: None if value is None else item(where, value)


def _environment(where: str, value: Any) -> Any:
    if not isinstance(value, dict) or any("=" in key or not key for key in value):
        raise PlanError(f"plan: {where}: must be an object of variables")
    return {_exactly(str)(where, key): _exactly(str)(f"{where}.{key[:80]!a}", one) for key, one in value.items()}


def _program(where: str, value: object) -> object:
    """struct sock_filter, eight bytes each, at most BPF_MAXINSNS of them (seccomp(2)), in base64."""
    try:
        length = len(binascii.a2b_base64(str(_exactly(str)(where, value)), strict_mode=True))
    except ValueError:  # binascii.Error is one; text that is not ASCII is another
        length = 0
    if not 0 < length <= 8 * 4096 or length % 8:
        raise PlanError(f"plan: {where}: must be a BPF program in base64")
    return value


def _choice(*allowed: str) -> Check:
    def check(where: str, value: Any) -> Any:
        if value not in allowed:
            raise PlanError(f"plan: {where}: must be one of {', '.join(allowed)}")
        return value

    return check


_TEXT, _FLAG, _ID, _COUNT = _exactly(str), _exactly(bool), _exactly(int, 1, (1 << 32) - 2), _exactly(int, 1)

_NUMBER = _exactly(int, 0, (1 << 64) - 1)
_PLACE = {"inside": _TEXT, "outside": _TEXT, "writable": _FLAG, "identity": _optional(_list(_NUMBER, exactly=2))}
_DOOR = {"socket": _TEXT, "port": _exactly(int, 1, 65535)}

_FILE_RULES = {"execute": _list(_TEXT), "write": _list(_TEXT), "hidden": _list(_TEXT), "shown": _list(_TEXT)}

_PORTS = _list(_exactly(int, 1, 65535))
_TCP_RULES = {"bind": _optional(_PORTS), "connect": _PORTS}

_EGRESS = {"filter": _program, "door": _optional(_TEXT)}

_PLAN: dict[str, Check] = {
    "argv": _list(_TEXT, at_least=1),
    "env": _environment,
    "cwd": _TEXT,
    "uid": _optional(_ID),
    "gid": _optional(_ID),
    "groups": _list(_ID),
    "no_new_privileges": _FLAG,
    "no_capabilities": _FLAG,
    "filter": _optional(_program),
    "file_rules": _optional(lambda where, value: FileRules(**_object(f"{where}.", value, _FILE_RULES))),
    "tcp_rules": _optional(lambda where, value: TcpRules(**_object(f"{where}.", value, _TCP_RULES))),
    "egress": _optional(lambda where, value: Egress(**_object(f"{where}.", value, _EGRESS))),
    "scoped": _FLAG,
    "umask": _exactly(int, 0, 0o777),
    "processes": _COUNT,
    "files": _COUNT,
    "folders": _list(_TEXT),
    "places": _list(lambda where, value: PlacedPath(**_object(f"{where}.", value, _PLACE))),
    "door": _optional(lambda where, value: Door(**_object(f"{where}.", value, _DOOR))),
    "lifeline": _optional(_exactly(int, 0, 1 << 20)),
    "stop_signal": _choice("SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"),
    "grace": _exactly(int, 0, 3600),
    "restarts": _exactly(int, 0, 1000),
    "command": _FLAG,
    "services": _list(_exactly(int, 2, 1 << 22)),  # PID_MAX_LIMIT, proc_sys_kernel(5)
}
