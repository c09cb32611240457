"""What the user asked for: five variables and what a run needs. The only reader of os.environ on the host side.

Sources in order: command line, environment, `catalyst.toml`, default. Every value remembers where it came from.
Nothing falls back: an unknown value, an unknown key or two values that exclude each other stop the program.
"""

import os
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any

from catalyst import setting_values as parse
from catalyst import settings_file
from catalyst.errors import Contradiction, PathRefused, SettingsError, plain, shown
from catalyst.guard.record import Record
from catalyst.secret import Secret
from catalyst.setting_fields import FIELDS, Field
from catalyst.setting_values import Level, NetworkMode

__all__ = ["FIELDS", "Field", "Level", "NetworkMode", "Settings", "environment", "load", "take_tokens", "text_of",
           "variables"]  # fmt: skip

MAX_TEXT = 4096


class Settings(Record):
    """One run's settings. `origin` names the source of each value; `notices` is what the user should be told."""

    paranoid_mode: bool
    security_level: Level
    network_mode: NetworkMode
    enable_forensic_cleanup: bool
    security_token_vault_path: str
    vault_identity: str
    token_placeholders: tuple[str, ...]
    extra_roots: str
    engine: str
    app: str
    comfyui: str
    python: str
    data: str
    bind: str
    port: int
    allow_host: tuple[str, ...]
    trusted_proxy: tuple[str, ...]
    tls_certificate: str
    tls_key: str
    self_signed: bool
    plain_http: bool
    session_idle: int
    session_life: int
    max_upload: int
    metrics_port: int
    gpu: str
    image: str
    user: tuple[int, int]
    grace: int
    comfyui_flags: tuple[str, ...]
    egress_allow: tuple[str, ...]
    egress_deny: tuple[str, ...]
    keep: tuple[str, ...]
    wipe: tuple[str, ...]
    wipe_within: int
    certificate: str
    disable_metadata: bool
    models: str
    models_allow: tuple[str, ...]
    hf_repos_to_download: tuple[str, ...]
    civitai_checkpoints_to_download: tuple[str, ...]
    civitai_loras_to_download: tuple[str, ...]
    civitai_vaes_to_download: tuple[str, ...]
    download_timeout: int
    verify_checksums: bool
    origin: Mapping[str, str]
    notices: tuple[str, ...] = ()

    def allowed_hosts(self) -> tuple[str, ...]:
        """The allow list of `restricted`: the built-in one for the level, what the owner adds, less what he takes off."""
        return tuple(sorted({*self.built_in_hosts(), *self.egress_allow} - {*self.egress_deny}))

    def built_in_hosts(self) -> frozenset[str]:
        """What stands on the list from the start: at `normal` also where nodes and their packages come from."""
        from catalyst.egress.hosts import default_rules  # it knows addresses, and that is a slow import

        return frozenset(map(str, default_rules(self.security_level is Level.NORMAL)))


PARANOID = {"security_level": Level.MAXIMUM, "network_mode": NetworkMode.ISOLATED, "enable_forensic_cleanup": True}


def load(
    options: Mapping[str, str], environ: Mapping[str, str] | None = None, config: Path | None = None
) -> Settings:
    """Settings from the command line's `options` (field -> text), the environment and `config` or ./catalyst.toml.

    Raises SettingsError (exit 4) for anything that is not exactly understood.
    """
    environ = os.environ if environ is None else environ
    file = config or Path("catalyst.toml")
    if config is None:
        settings_file.not_the_workloads(file)
    from_file = read_toml(file, required=config is not None)
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    notices: list[str] = []
    for field in FIELDS:
        text, source = _first(field, options, environ, from_file, str(file))
        _plain(field.variable, text)
        values[field.key], origin[field.key] = field.parse(field.variable, text), source
        if field.key == "network_mode" and text == "paranoid":
            notices.append(f'NETWORK_MODE "paranoid" ({source}) is an old name; it means isolated')
    values["disable_metadata"] |= values["paranoid_mode"]
    if not values["data"]:
        values["data"] = _default_data(environ)
    if from_file:
        notices.append(f"settings are read from {plain(str(file.absolute()))}")
    _paranoid(values, origin)
    _reach(values, origin)
    _cleanup(values, origin)
    return Settings(**values, origin=origin, notices=tuple(notices))


def _first(
    field: Field, options: Mapping[str, str], environ: Mapping[str, str], toml: Mapping[str, str], file: str
) -> tuple[str, str]:
    if field.key in options:
        return options[field.key], f"--{field.key.replace('_', '-')}"
    # An empty variable is an unset one, as for Docker's `-e NAME=` and compose's `${NAME:-}`.
    if environ.get(field.variable):
        return environ[field.variable], f"environment {field.variable}"
    if field.key in toml:
        return toml[field.key], plain(file)
    return field.default, "default"


def _plain(name: str, text: str) -> None:
    if len(text) > MAX_TEXT:
        raise SettingsError(f"{name} has {len(text)} characters; the limit is {MAX_TEXT}", f"shorten {name}")
    if not text.isprintable():
        raise SettingsError(
            f"{name} is {shown(text)}; control characters are not allowed", f"set {name} again without them"
        )


def read_toml(file: Path, *, required: bool) -> dict[str, str]:
    """The top-level keys of a settings file as text. Raises SettingsError."""
    return settings_file.read(file, {field.key: field.many for field in FIELDS}, required=required)


def _paranoid(values: dict[str, Any], origin: dict[str, str]) -> None:
    if not values["paranoid_mode"]:
        return
    for key, strictest in PARANOID.items():
        if origin[key] != "default" and values[key] != strictest:
            raise Contradiction("PARANOID_MODE=true", origin["paranoid_mode"], _word(key, values[key]), origin[key])
        values[key], origin[key] = strictest, "PARANOID_MODE=true"


def _reach(values: dict[str, Any], origin: dict[str, str]) -> None:
    """Where the interface is published. Beyond this machine only in public mode, and without TLS only where told."""
    _one_certificate(values, origin)
    encrypted = bool(values["tls_certificate"] or values["self_signed"])
    public = values["network_mode"] is NetworkMode.PUBLIC
    if values["bind"] == "auto":
        values["bind"] = "0.0.0.0" if public and (encrypted or values["plain_http"]) else "127.0.0.1"  # noqa: S104 -- behind the login
    if values["bind"].startswith("127.") or values["bind"] == "::1":
        return
    if not public:
        mode = _word("network_mode", values["network_mode"])
        raise Contradiction(mode, origin["network_mode"], f"CATALYST_BIND={values['bind']}", origin["bind"])
    if not encrypted and not values["plain_http"]:
        raise SettingsError(
            f"CATALYST_BIND is {values['bind']} ({origin['bind']}), and without TLS whoever is on the way reads passwords",
            "encrypt it: --self-signed, or --tls-certificate FILE --tls-key FILE; or say that it may be read: --plain-http",
        )


def _one_certificate(values: dict[str, Any], origin: dict[str, str]) -> None:
    given = [key for key in ("tls_certificate", "tls_key") if values[key]]
    if len(given) == 1:
        raise SettingsError(f"{_variable(given[0])} ({origin[given[0]]}) is of no use alone",
                            "give both: --tls-certificate FILE --tls-key FILE")  # fmt: skip
    if given and values["self_signed"]:
        raise Contradiction("CATALYST_SELF_SIGNED=true", origin["self_signed"],
                            f"CATALYST_TLS_CERTIFICATE={values['tls_certificate']}", origin["tls_certificate"])  # fmt: skip


def _cleanup(values: dict[str, Any], origin: dict[str, str]) -> None:
    """What is to be wiped needs forensic cleanup, is not kept as well, and holds no certificate."""
    if values["wipe"] and not values["enable_forensic_cleanup"]:
        raise Contradiction(_word("wipe", values["wipe"]), origin["wipe"], _word("enable_forensic_cleanup", False),
                            origin["enable_forensic_cleanup"])  # fmt: skip
    if set(values["wipe"]) & set(values["keep"]):
        raise Contradiction(_word("wipe", values["wipe"]), origin["wipe"], _word("keep", values["keep"]), origin["keep"])
    certificate, data = os.path.realpath(values["certificate"] or "/"), os.path.realpath(values["data"])
    if Path(certificate).is_relative_to(data):
        raise PathRefused("CATALYST_CERTIFICATE", values["certificate"], "it lies in the data directory, which is wiped",
                          "name a file elsewhere")  # fmt: skip


def _word(key: str, value: object) -> str:
    return f"{_variable(key)}={text_of(value)}"


def _variable(key: str) -> str:
    return next(field.variable for field in FIELDS if field.key == key)


def text_of(value: object) -> str:
    """A value the way a user writes it."""
    match value:
        case bool():
            return str(value).lower()
        case IntEnum():
            return value.name.lower()
        case tuple():
            return (":" if value and isinstance(value[0], int) else " ").join(str(part) for part in value)
        case _:
            return str(value)


# What a container has in its own way, or what is nobody's business in it.
OUTSIDE = frozenset({"vault_identity", "engine", "comfyui", "python", "data", "bind", "port", "image", "user",
                     "metrics_port", "certificate"})  # fmt: skip


def variables(settings: Settings) -> dict[str, str]:
    """The variables that make these settings in a container: the five of every image, and what is not as by default."""
    five = {field.key for field in FIELDS[:5]}
    found = {field.variable: text_of(getattr(settings, field.key)) for field in FIELDS
             if field.key in five or (field.key not in OUTSIDE and settings.origin[field.key] != "default")}  # fmt: skip
    return {name: text for name, text in found.items() if text}


def _default_data(environ: Mapping[str, str]) -> str:
    """Where data lives if nobody says: the system's place for root, the user's own otherwise.

    A relative XDG_DATA_HOME is to be ignored (XDG Base Directory Specification).
    """
    if os.geteuid() == 0:
        return "/var/lib/catalyst"
    name, home = "XDG_DATA_HOME", environ.get("XDG_DATA_HOME", "")
    if not home.startswith("/"):
        name, home = "HOME", f"{environ.get('HOME') or '~'}/.local/share"
    _plain(name, home)
    return str(parse.path(name, f"{home}/catalyst"))


TOKENS = ("HUGGINGFACE_TOKEN", "HF_TOKEN", "CIVITAI_TOKEN", "CIVITAI_API_KEY")


def take_tokens() -> dict[str, Secret]:
    """API tokens of this process's environment, by name, taken out of it: no child inherits one and
    /proc/self/environ, where a mere `del os.environ[…]` leaves it, holds zeros in its place.

    Raises OSError where that memory cannot be found (no /proc): then a token may not be taken for gone.
    """
    taken = {name: Secret(value) for name in TOKENS if (value := os.environ.pop(name, ""))}
    if taken:
        from catalyst.guard.syscalls import erase_variables

        erase_variables(*TOKENS)
    return taken


def environment(*names: str) -> dict[str, str]:
    """Those of `names` that are set: for the few programs on the host that need more than settings (docker, podman)."""
    return {name: os.environ[name] for name in names if name in os.environ}


assert_complete = {field.key for field in FIELDS} | {"origin", "notices"} == set(Settings.__match_args__)
if not assert_complete:  # a setting nobody can set, or one nobody reads, is a bug that must not ship
    raise TypeError("FIELDS and Settings differ")
