"""The way to the interface: its address, its certificate, what its page shows, and the gateway itself."""

import json
import os
import socket
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from catalyst import __version__
from catalyst.engine import process
from catalyst.errors import LoginStateUnusable, PortTaken
from catalyst.instance import certificate, health
from catalyst.instance.log import Log
from catalyst.instance.store import Store
from catalyst.policy.build import controls
from catalyst.policy.requirement import words
from catalyst.render.target import Answer
from catalyst.services.gateway.config import Config
from catalyst.services.gateway.state import Lives, State
from catalyst.settings import Settings
from catalyst.workloads import comfyui

LOGIN, VERIFIED = "catalyst/login", "verified.json"
HOUR = 3600.0
WILD = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 -- to be shown and asked, not to be bound


@contextmanager
def logins(store: Store) -> Iterator[State]:
    """What is kept about logins, for `up` and for the commands that change it while it runs or not.

    Raises PathRefused or LoginStateUnusable.
    """
    folder = store.make_kept()
    try:
        state = State(folder)
    except (OSError, sqlite3.Error) as error:
        raise LoginStateUnusable(str(folder), getattr(error, "strerror", None) or str(error)) from error
    try:
        yield state
    except sqlite3.Error as error:
        raise LoginStateUnusable(str(folder), str(error)) from error
    finally:
        state.close()


def link(store: Store, url: str, *, only: bool = False) -> str:
    """An address that logs in once. The secret stands in its fragment, which is sent to nobody."""
    with logins(store) as state:
        return f"{url}{LOGIN}#token={state.make_link(only=only)}"


class Front:
    """The gateway's process and what it was given."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        """Take the addresses. Raises PortTaken."""
        self._settings, self._stack = settings, stack
        self._listener = self._listen(settings.bind, settings.port)
        self._metrics = self._listen("127.0.0.1", settings.metrics_port) if settings.metrics_port else None
        address, port = WILD.get(settings.bind, settings.bind), self._listener.getsockname()[1]
        host = f"[{address}]" if ":" in address and "[" not in address else address
        secure = settings.self_signed or settings.tls_certificate
        self.url = f"{'https' if secure else 'http'}://{host}:{port}/"

    def _listen(self, address: str, port: int) -> socket.socket:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = self._stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
            listener.listen(512)
        except OSError as error:
            raise PortTaken(address, port, (error.strerror or str(error)).lower()) from error
        return listener

    def start(
        self, store: Store, shown: Mapping[str, Any], *, broker: bool, door: Path | None = None
    ) -> "process.Process[bytes]":
        """The gateway, which begins to answer. `shown` is what `posture` tells; `broker`: there is one, whose log can be
        shown; `door` the folder of the way in, if it is not the session's. Raises CertificateUnusable."""
        settings = self._settings
        tls = certificate.files(settings, store.make_kept())
        with ExitStack() as given:
            folder = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
            opened = {
                "listener": self._listener.fileno(),
                "door": _open(given, door or store.session / "door", folder | os.O_NOFOLLOW),
                "state": _open(given, store.make_kept(), folder | os.O_NOFOLLOW),
                "disk": _open(given, store.data, folder),
                "config": _document(given, config(settings, store).encode()),
                "posture": _document(given, json.dumps(shown).encode()),
            }
            if broker:
                opened["egress"] = _open(given, store.egress_log, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            if self._metrics:
                opened["metrics"] = self._metrics.fileno()
            uid, gid = settings.user
            words = [word for name, number in opened.items() for word in (f"--{name}", str(number))]
            files = [f"--certificate={tls[0]}", f"--key={tls[1]}"] if tls else []
            self.gateway = process.start(
                process.python("catalyst.services.gateway", *words, *files, "--user", f"{uid}:{gid}"),
                errors=process.NULL, keep=tuple(opened.values()),
            )  # fmt: skip
        self._listener.close()
        if self.gateway.stdout:
            self._visits = Log(None if settings.enable_forensic_cleanup else store.visits, self.gateway.stdout)
        if self.gateway.stdin:
            os.set_blocking(self.gateway.stdin.fileno(), False)  # it must not be able to hold `up`
        return self.gateway

    def say(self, state: str, lines: list[str]) -> None:
        """Tell the gateway how the workload is: starting, ready or stopping, and its last words."""
        if self.gateway.stdin:
            with suppress(OSError, ValueError):
                os.write(self.gateway.stdin.fileno(), json.dumps({"state": state, "lines": lines}).encode() + b"\n")

    def answers(self) -> bool:
        """The gateway answers, whatever the workload does."""
        return health.answers(self.url, 1.0, "/healthz")

    def beyond(self) -> str:
        """Where other machines reach it, in a line for the owner; empty where they do not."""
        if self._settings.bind not in WILD:
            return ""
        address = _own_address()
        return f"on the network: {self.url.replace(WILD[self._settings.bind], address)}" if address else ""


def _own_address() -> str:
    """The address this machine would send from; connecting a datagram socket sends nothing (udp(7))."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.connect(("192.0.2.1", 9))
        return str(asked.getsockname()[0])
    return ""


def _open(stack: ExitStack, path: Path, flags: int) -> int:
    descriptor = os.open(path, flags)
    stack.callback(os.close, descriptor)
    return descriptor


def _document(stack: ExitStack, content: bytes) -> int:
    descriptor = os.memfd_create("catalyst", os.MFD_CLOEXEC)
    stack.callback(os.close, descriptor)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def config(settings: Settings, store: Store) -> Config:
    """What the gateway needs of the settings."""
    return Config(
        id=store.id, level=int(settings.security_level), hosts=settings.allow_host,
        proxies=tuple(ip_network(one) for one in settings.trusted_proxy), most_upload=settings.max_upload << 20,
        lives=Lives(settings.session_idle * HOUR, settings.session_life * HOUR),
        tls="own" if settings.tls_certificate else "self-signed" if settings.self_signed else "off",
        wiping=settings.enable_forensic_cleanup,
    )  # fmt: skip


def posture(settings: Settings, engine: str, answers: Mapping[str, Answer]) -> Mapping[str, Any]:
    """What /catalyst shows of a start under `engine`, whose layers gave these answers; none where the workload is in a
    container of its own, and then nothing is known of its ComfyUI either."""
    named = {control.id: control.title for control in controls()}
    tree = comfyui.find(settings) if settings.app != "canary" else None
    running = ".".join(map(str, comfyui.version(tree))) or "of unknown version" if tree else "none: the canary runs"
    return {
        "facts": {
            "security level": settings.security_level.name.lower(), "network mode": settings.network_mode.name.lower(),
            "engine": engine, "Catalyst": __version__, **({"ComfyUI's version": running} if answers else {}),
        },
        "controls": [
            {"id": name, "title": named.get(name, name), "overall": words(answer.overall),
             "layers": {layer: words(said) for layer, said in answer.layers.items()}}
            for name, answer in answers.items()
        ],
        "verify": verified(Store(settings.data)),
    }  # fmt: skip


def verified(store: Store) -> dict[str, str] | None:
    """What the last `catalyst verify` on the data directory found; None where there was none."""
    try:
        found = json.loads((store.folder / VERIFIED).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else None


def note_verified(store: Store, found: Mapping[str, str]) -> None:
    """Keep it for the page. Not being able to is no reason for a verify to fail."""
    with suppress(OSError):
        store.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = store.folder / f"{VERIFIED}.new"
        new.write_text(json.dumps(found), encoding="utf-8")
        new.replace(store.folder / VERIFIED)


