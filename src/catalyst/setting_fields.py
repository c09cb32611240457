"""The table of settings: one entry makes a flag, a variable, a key of catalyst.toml and a line of the reference."""

from catalyst import setting_values as parse
from catalyst.guard.record import Record
from catalyst.setting_values import Parser


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
