"""What the user asked for: five variables and what a run needs. The only reader of os.environ on the host side.

Sources in order: command line, environment, `catalyst.toml`, default. Every value remembers where it came from.
Nothing falls back: an unknown value, an unknown key or two values that exclude each other stop the program.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalyst import setting_conflicts, settings_file
from catalyst import setting_values as parse
from catalyst.errors import SettingsError, plain, shown
from catalyst.guard.record import Record
from catalyst.secret import Secret
from catalyst.setting_values import Level, NetworkMode, Parser, text_of

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
    runtime: str
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


class Field(Record):
    """One setting: the field of Settings it fills, its variable, its default as text, its parser, its meaning.

    `many`: a list of words, which a settings file may write as a list.
    """

    key: str
    variable: str
    default: str
    parse: Parser
    help: str
    metavar: str = ""
    many: bool = False


FIELDS: tuple[Field, ...] = (
    Field("paranoid_mode", "PARANOID_MODE", "false", parse.boolean,
          "maximum + isolated + forensic cleanup; nothing starts unless every control is shown to hold", "BOOL"),
    Field("security_level", "SECURITY_LEVEL", "normal", parse.level,
          "normal: every ComfyUI feature; high: no code can be added at run time; maximum: only what is needed",
          "normal|high|maximum"),
    Field("network_mode", "NETWORK_MODE", "public", parse.network,
          "where the workload may connect and who may reach the interface", "public|restricted|isolated"),
    Field("enable_forensic_cleanup", "ENABLE_FORENSIC_CLEANUP", "false", parse.boolean,
          "keep what ComfyUI leaves behind off the disk, wipe the rest at shutdown", "BOOL"),
    Field("security_token_vault_path", "SECURITY_TOKEN_VAULT_PATH", "", parse.path,
          "age file with API tokens; never visible to the workload", "FILE"),
    Field("vault_identity", "CATALYST_VAULT_IDENTITY", "", parse.identity,
          "what opens the vault; without it VAULT.key, VAULT.key.age or a mounted secret", "FILE|fd:N"),
    Field("token_placeholders", "CATALYST_TOKEN_PLACEHOLDERS", "", parse.placeholders,
          "variables that the workload gets with a word in the token's place, for programs that do not start without one",
          "NAMES", many=True),
    Field("extra_roots", "CATALYST_EXTRA_ROOTS", "", parse.path,
          "with tokens: certificates to trust beside the system's, PEM", "FILE"),
    Field("engine", "CATALYST_ENGINE", "auto", parse.one_of("auto", "docker", "podman", "bwrap"),
          "what makes the sandbox", "auto|docker|podman|bwrap"),
    Field("runtime", "CATALYST_RUNTIME", "", parse.runtime,
          "OCI runtime that docker or podman is to start it with, such as gVisor's runsc", "NAME"),
    Field("app", "CATALYST_APP", "auto", parse.one_of("auto", "comfyui", "canary"),
          "auto: ComfyUI where one is found, else the canary", "auto|comfyui|canary"),
    Field("comfyui", "COMFYUI_PATH", "", parse.path, "folder of a ComfyUI checkout", "DIR"),
    Field("python", "CATALYST_PYTHON", "", parse.path,
          "interpreter with ComfyUI's packages, such as VENV/bin/python", "FILE"),
    Field("data", "CATALYST_DATA", "", parse.path, "models, input, output and settings live here", "DIR"),
    Field("bind", "CATALYST_BIND", "auto", parse.bind,
          "address the interface is published on; auto: all in public mode with TLS or plain http allowed, else 127.0.0.1",
          "ADDRESS"),
    Field("port", "CATALYST_PORT", "8188", parse.integer(0, 65535), "its port; 0 takes a free one", "PORT"),
    Field("allow_host", "CATALYST_ALLOW_HOST", "", parse.hosts,
          "names it is reached by, beside addresses and localhost: NAME or NAME:PORT, with commas between", "NAMES"),
    Field("trusted_proxy", "CATALYST_TRUSTED_PROXY", "", parse.networks,
          "addresses of proxies in front, whose X-Forwarded-For and -Proto count", "ADDRESSES"),
    Field("tls_certificate", "CATALYST_TLS_CERTIFICATE", "", parse.path, "certificate with its chain, PEM", "FILE"),
    Field("tls_key", "CATALYST_TLS_KEY", "", parse.path, "its key, PEM", "FILE"),
    Field("self_signed", "CATALYST_SELF_SIGNED", "false", parse.boolean, "TLS with a certificate of its own making", "BOOL"),
    Field("plain_http", "CATALYST_PLAIN_HTTP", "false", parse.boolean,
          "serve beyond this machine without TLS: whoever is on the way reads password and pictures", "BOOL"),
    Field("session_idle", "CATALYST_SESSION_IDLE", "24", parse.integer(1, 8760),
          "hours without a request until one must log in again", "HOURS"),
    Field("session_life", "CATALYST_SESSION_LIFE", "720", parse.integer(1, 8760),
          "hours until one must log in again in any case", "HOURS"),
    Field("max_upload", "CATALYST_MAX_UPLOAD", "1024", parse.integer(1, 1 << 20), "largest request in MB", "MB"),
    Field("metrics_port", "CATALYST_METRICS_PORT", "0", parse.integer(0, 65535),
          "port on 127.0.0.1 with /metrics for Prometheus; 0: none", "PORT"),
    Field("gpu", "CATALYST_GPU", "none", parse.one_of("none", "nvidia", "amd", "intel"),
          "whose device nodes the sandbox gets", "none|nvidia|amd|intel"),
    Field("image", "CATALYST_IMAGE", "catalyst-comfyui", parse.image, "container image for docker and podman", "IMAGE"),
    Field("user", "CATALYST_USER", "1000:1000", parse.user, "uid:gid of the workload, never 0", "UID[:GID]"),
    Field("grace", "CATALYST_GRACE", "10", parse.integer(1, 600), "seconds the workload gets to end by itself", "SECONDS"),
    Field("comfyui_flags", "COMFYUI_FLAGS", "", parse.flags,
          "extra flags for ComfyUI, from a list of allowed ones", "FLAGS", many=True),
    Field("egress_allow", "CATALYST_EGRESS_ALLOW", "", parse.rules,
          "hosts restricted may reach beside the built-in ones: HOST, *.SUFFIX, with :PORT where it is not 443",
          "RULES", many=True),
    Field("egress_deny", "CATALYST_EGRESS_DENY", "", parse.rules, "rules to take off the list, built-in ones too",
          "RULES", many=True),
    Field("keep", "CATALYST_KEEP", "", parse.traces,
          "with forensic cleanup: folders that stay on disk all the same, of input, output, user, cache", "NAMES",
          many=True),
    Field("wipe", "CATALYST_WIPE", "", parse.traces,
          "with forensic cleanup: folders on disk, overwritten and emptied when the run ends", "NAMES", many=True),
    Field("wipe_within", "CATALYST_WIPE_WITHIN", "600", parse.integer(1, 86400),
          "seconds that wiping may take; what is left then is named, and wiped by the next start", "SECONDS"),
    Field("certificate", "CATALYST_CERTIFICATE", "", parse.path,
          "with forensic cleanup: file that says after each run what became of every folder (JSON)", "FILE"),
    Field("disable_metadata", "CATALYST_DISABLE_METADATA", "false", parse.boolean,
          "ComfyUI writes no prompt and no workflow into pictures; always so with PARANOID_MODE", "BOOL"),
    Field("models", "CATALYST_MODELS", "", parse.path, "list of models to get; without it ./models.toml, if any", "FILE"),
    Field("models_allow", "CATALYST_MODELS_ALLOW", "", parse.hashes,
          "sha256 of models to take whatever their type and whatever the scan finds", "HASHES", many=True),
    Field("hf_repos_to_download", "HF_REPOS_TO_DOWNLOAD", "", parse.repositories,
          "models to get from HuggingFace: OWNER/REPO[/FILE][@REVISION], with commas between", "REPOS", many=True),
    *(Field(f"civitai_{what}_to_download", f"CIVITAI_{what.upper()}_TO_DOWNLOAD", "", parse.versions,
            f"{what} to get from CivitAI: numbers of versions, with commas between", "VERSIONS", many=True)
      for what in ("checkpoints", "loras", "vaes")),
    Field("download_timeout", "DOWNLOAD_TIMEOUT", "3600", parse.integer(1, 604800), "for all downloads together", "SECONDS"),
    Field("verify_checksums", "VERIFY_CHECKSUMS", "true", parse.boolean, "hash models that are there, if changed", "BOOL"),
)  # fmt: skip

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
    setting_conflicts.settle(values, origin, {field.key: field.variable for field in FIELDS})
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


# What a container has in its own way, or what is nobody's business in it.
OUTSIDE = frozenset({"vault_identity", "engine", "runtime", "comfyui", "python", "data", "bind", "port", "image", "user",
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


PASSWORD_HASH = "CATALYST_PASSWORD_HASH"  # noqa: S105 -- a name; no setting, for those are handed on


def take_tokens() -> dict[str, Secret]:
    """API tokens of this process's environment, by name (take_variables)."""
    return take_variables(*TOKENS)


def take_variables(*names: str) -> dict[str, Secret]:
    """Those of `names` that this process's environment has, taken out of it: no child inherits one and
    /proc/self/environ, where a mere `del os.environ[…]` leaves it, holds zeros in its place.

    Raises OSError where that memory cannot be found (no /proc): then a secret may not be taken for gone.
    """
    taken = {name: Secret(value) for name in names if (value := os.environ.pop(name, ""))}
    if taken:
        from catalyst.guard.syscalls import erase_variables

        erase_variables(*names)
    return taken


def environment(*names: str) -> dict[str, str]:
    """Those of `names` that are set: for the few programs on the host that need more than settings (docker, podman)."""
    return {name: os.environ[name] for name in names if name in os.environ}


assert_complete = {field.key for field in FIELDS} | {"origin", "notices"} == set(Settings.__match_args__)
if not assert_complete:  # a setting nobody can set, or one nobody reads, is a bug that must not ship
    raise TypeError("FIELDS and Settings differ")
