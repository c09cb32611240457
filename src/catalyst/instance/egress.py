"""`catalyst egress`: the broker of the instance that runs, and the settings of those to come."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from catalyst.egress import rules
from catalyst.errors import CatalystError, NotRunning, pasted
from catalyst.instance import saved
from catalyst.instance.store import INSIDE, Store
from catalyst.instance.way_out import CONTROL, control_name, control_path
from catalyst.services.broker import client
from catalyst.settings import NetworkMode, Settings

REACH = {
    NetworkMode.PUBLIC: "any public address; never cloud metadata, link-local addresses or this machine itself",
    NetworkMode.RESTRICTED: "only what the rules name",
    NetworkMode.ISOLATED: "nowhere",
}
COLUMNS = ("time", "host", "port", "program", "count", "why", "allow")  # of a refusal
FIELD = {"allow": "egress_allow", "deny": "egress_deny"}


def state(settings: Settings) -> dict[str, Any]:
    """Mode, reach and rules of the instance that runs, else of the settings; what was refused last, newest first."""
    store = Store(settings.data)
    record = store.read() if store.holder() else None
    mode = NetworkMode[record.network.upper()] if record else settings.network_mode
    found = _listed(store) if record and mode is not NetworkMode.ISOLATED else {}
    shown = found.get("rules", settings.allowed_hosts() if mode is NetworkMode.RESTRICTED else [])
    return {
        "running": record is not None, "mode": mode.name.lower(), "reach": REACH[mode],
        "rules": [{"rule": rule, "from": _origin(settings, rule)} for rule in shown],
        "open": found.get("open", 0), "refused": [_refused(one, settings) for one in found.get("refused", [])],
    }  # fmt: skip


def _origin(settings: Settings, rule: str) -> str:
    if rule in settings.egress_allow:
        return settings.origin["egress_allow"]
    return "built in" if rule in settings.built_in_hosts() else "allowed since the start"


def _refused(one: dict[str, Any], settings: Settings) -> dict[str, Any]:
    instead = one.get("instead", "")
    named = f" --data {pasted(settings.data)}" if settings.origin["data"] == "--data" else ""
    return {
        **{name: one.get(name, "") for name in COLUMNS},
        "allow": f"catalyst egress allow '{instead}'{named}" if instead else "nothing can",
    }


def last_refused(settings: Settings, most: int = 5) -> list[dict[str, Any]]:
    """For `catalyst status`: nothing where no broker answers."""
    try:
        return [_refused(one, settings) for one in _listed(Store(settings.data)).get("refused", [])[:most]]
    except CatalystError:
        return []


def change(settings: Settings, which: str, text: str, *, save: bool, config: str | None) -> Iterator[str]:
    """`which` is allow or deny. What was done, in lines. Raises CatalystError; NotRunning where nothing would be changed."""
    rule = str(rules.parse(text))
    store = Store(settings.data)
    runs = bool(store.holder())
    if not runs and not save:
        raise NotRunning(settings.data)
    if runs:
        yield _now(store, which, rule)
    if save:
        file = Path(config or "catalyst.toml")
        other = FIELD["deny" if which == "allow" else "allow"]
        saved.word(file, rule, into=FIELD[which], out_of=other)
        yield f"{rule} is in {FIELD[which]} of {file.absolute()}"


def _now(store: Store, which: str, rule: str) -> str:
    with _control(store) as path:
        if which == "allow":
            client.allow(path, rule)
            return f"{rule} is allowed from now on"
        ended = int(client.deny(path, rule).get("ended", 0))
        return f"{rule} is off the list; {ended} open connection{'' if ended == 1 else 's'} ended"


def watch(settings: Settings) -> Iterator[dict[str, Any]]:
    """Every decision, until the instance ends. Raises NotRunning."""
    store = Store(settings.data)
    if not store.holder():
        raise NotRunning(settings.data)
    with _control(store) as path:
        yield from client.watch(path)


def _listed(store: Store) -> dict[str, Any]:
    with _control(store) as path:
        return client.listed(path)


@contextmanager
def _control(store: Store) -> Iterator[str]:
    """Where the broker's control socket is: a path, or in a container a name. Raises CatalystError."""
    record = store.read()
    if record and record.engine == INSIDE and not (store.session / CONTROL).exists():
        yield control_name(store.id)
        return
    with ExitStack() as stack:
        try:
            path = stack.enter_context(control_path(store.session))
        except OSError as error:
            raise CatalystError("the instance is not ready yet", "catalyst status") from error
        yield path
