"""Every way Catalyst fails: one class each, with its exit code (design §5) and a hint that works when pasted.

Raised anywhere on the host side, printed once in `cli/main.py` as `catalyst: error:` and `catalyst: hint:`.
No message and no hint carries a secret: values of settings are named, contents of files never are.
"""

import shlex

FAILED, USAGE, SETTINGS, ENGINE, UNENFORCEABLE = 1, 2, 4, 5, 6


class CatalystError(Exception):
    """What happened, in one lower-case line, and what to do about it."""

    exit_code = FAILED

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(CatalystError):
    """The command line does not make sense."""

    exit_code = USAGE


class SettingsError(CatalystError):
    """A setting is unknown, malformed or contradicts another one."""

    exit_code = SETTINGS


class Contradiction(SettingsError):
    """Two explicit settings exclude each other; both are named with where they came from."""

    def __init__(self, strong: str, strong_origin: str, weak: str, weak_origin: str) -> None:
        super().__init__(
            f"{strong} ({strong_origin}) contradicts {weak} ({weak_origin})",
            "remove one of the two; what each value means: catalyst policy show",
        )


class PathRefused(SettingsError):
    """A path cannot serve for what a setting wants it for."""

    def __init__(self, setting: str, path: str, why: str, hint: str = "") -> None:
        super().__init__(f"{setting} {shown(path)}: {why}", hint or "give another folder, or create it: mkdir -p FOLDER")


class ForeignFolder(SettingsError):
    """A folder that is mounted into a container cannot be used by the user it runs as. `found` is uid, gid and mode.

    `outside` is that user in the numbers of who mounted it, 0 where he is podman's caller himself."""

    NOBODY = frozenset({65534, (1 << 32) - 2})  # an owner that this mapping of users, or a share, has no number for

    def __init__(
        self, path: str, found: tuple[int, int, int] | None, user: tuple[int, int], outside: tuple[int, int], verb: str
    ) -> None:
        whose = f"belongs to {found[0]}:{found[1]} with mode {found[2]:04o}" if found else "is missing"
        owner = f", or run as its owner: --user {found[0]}:{found[1]}" if found and found[0] not in {0, *self.NOBODY} else ""
        share = " (a share: on its server; NTFS: when it is mounted)" if found else ""
        give = f"{'podman unshare' if 0 in outside else 'sudo'} chown -R {outside[0]}:{outside[1]} FOLDER"
        super().__init__(
            f"{shown(path)} {whose}, and this container runs as {user[0]}:{user[1]}, which may not {verb} it",
            f"on the host, for the folder that is mounted there: {give}{share}{owner}",
        )


class ReadOnlyFolder(SettingsError):
    """A folder that must be written is mounted read-only."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{shown(path)} is mounted read-only, and at this SECURITY_LEVEL it must be written",
                         "leave :ro or readonly out of its --volume or --mount")  # fmt: skip


class OwnerlessFolder(SettingsError):
    """A file system does not keep owner and mode of what is made on it: NTFS, FAT, some shares."""

    def __init__(self, path: str, kind: str) -> None:
        super().__init__(
            f"{shown(path)} is on a file system ({kind}) without owners and modes of its own: who may log in would lie open",
            "take a volume of the engine, and mount the models in it: --volume catalyst:/data --volume FOLDER:/data/models",
        )


class NotAnImage(CatalystError):
    """`catalyst entrypoint` is the first program of Catalyst's own image, and this is none."""

    exit_code = USAGE

    def __init__(self, package: str) -> None:
        super().__init__(f"this is no container of Catalyst's: its code is not at {package}", "catalyst up")


class ServiceFailed(CatalystError):
    """The gateway or the broker of a container does not answer, or has ended."""

    def __init__(self, which: str) -> None:
        super().__init__(f"{which} does not answer or has ended, and the workload does not go on without it",
                         "see why: docker logs NAME; then start the container again")  # fmt: skip


class EgressRule(SettingsError):
    """A rule for what the workload may reach is malformed, or opens what cannot be opened."""

    def __init__(self, rule: str, why: str, instead: str = "") -> None:
        super().__init__(
            f"egress rule {shown(rule)}: {why}",
            f"write it so: {instead}" if instead else "a rule is HOST or *.SUFFIX, and a port: huggingface.co:443",
        )


class BrokerMisconfigured(CatalystError):
    """The broker was started with a configuration that it does not understand: our mistake."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the broker's configuration: {why}", "this is a fault in catalyst; please report it")


class BrokerSilent(CatalystError):
    """The broker's control socket is missing or does not answer."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the broker does not answer: {why}", "does an instance run, and with a way out? catalyst status")


class BrokerRefused(CatalystError):
    """The broker was asked for something that it does not do."""


class WipeRefused(CatalystError):
    """A path may not be wiped, or cannot be reached safely."""

    def __init__(self, path: str, why: str, hint: str) -> None:
        super().__init__(f"{shown(path)} is not wiped: {why}", hint)


class PortTaken(CatalystError):
    """Somebody else listens on the address the interface should be published on."""

    def __init__(self, address: str, port: int, why: str) -> None:
        super().__init__(f"cannot listen on {address}:{port}: {why}", "choose another port: catalyst up --port 0")


class LoginStateUnusable(CatalystError):
    """What is kept about logins cannot be opened."""

    def __init__(self, folder: str, why: str) -> None:
        super().__init__(f"what is kept about logins in {shown(folder)} cannot be used: {plain(why).lower()}",
                         f"look at it: ls -la {pasted(folder)}")  # fmt: skip


class CertificateUnusable(SettingsError):
    """The certificate or its key cannot serve, or none could be made."""


class EngineUnusable(CatalystError):
    """The chosen engine is missing, too old, or its daemon does not answer."""

    exit_code = ENGINE


class NoEngine(CatalystError):
    """No engine can be used; every one is named with its reason."""

    exit_code = ENGINE

    def __init__(self, reasons: dict[str, str], hint: str) -> None:
        listed = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        super().__init__(f"no engine can run a sandbox here: {listed}", hint)


class Unenforceable(CatalystError):
    """A control that must hold cannot be enforced here by any layer."""

    exit_code = UNENFORCEABLE

    def __init__(self, control: str, because: str, answers: dict[str, str]) -> None:
        layers = "; ".join(f"{layer}: {why}" for layer, why in answers.items())
        super().__init__(
            f"control {control} cannot be enforced here, and {because} needs it: {layers}",
            "see what this host can hold and what each layer lacks: catalyst doctor",
        )


class AlreadyRunning(CatalystError):
    """The data directory has a live instance."""

    def __init__(self, data: str, url: str) -> None:
        super().__init__(
            f"an instance already runs on {data}{f' at {url}' if url else ''}",
            f"stop it first: catalyst down --data {shlex.quote(data)}",
        )


class NotRunning(CatalystError):
    """There is no instance on the data directory."""

    def __init__(self, data: str) -> None:
        super().__init__(f"no instance runs on {data}", f"start one: catalyst up --data {shlex.quote(data)}")


class WorkloadFailed(CatalystError):
    """The workload ended before it answered, or the guard refused to start it."""

    def __init__(self, message: str, hint: str, exit_code: int = FAILED) -> None:
        super().__init__(message, hint)
        self.exit_code = exit_code


def plain(text: str, limit: int = 400) -> str:
    """Foreign words as they may stand in a message: one line, cut, what a terminal would obey escaped."""
    text = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def shown(value: str, limit: int = 80) -> str:
    """A value in a message: `plain`, and quoted."""
    return f'"{plain(value, limit)}"'


def pasted(path: str) -> str:
    """A path in a hint: quoted for a shell; FILE where it cannot be typed."""
    return shlex.quote(path) if path.isprintable() and len(path) < 400 else "FILE"


class NotAge(CatalystError):
    """A file is not an age file, or one that our limits do not let through. `why` holds nothing of its contents."""

    def __init__(self, why: str) -> None:
        super().__init__(f"this is no age file that can be opened: {why}",
                         "its previous generation lies beside it and ends in .bak")  # fmt: skip


class VaultLocked(CatalystError):
    """The identity does not open the vault, or there is none."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(f"the vault stays closed: {why}", hint or "name the right identity: --vault-identity FILE")


class VaultDamaged(CatalystError):
    """The vault opens, and what is inside is no document of ours. `why` names a field, never what it holds."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the vault opens, but its document is not understood: {why}",
                         "look at it yourself: age -d -i IDENTITY VAULT")  # fmt: skip


class VaultMissing(CatalystError):
    """There is no vault at the place named."""

    def __init__(self, path: str) -> None:
        super().__init__(f"there is no vault at {shown(path)}",
                         f"make one: catalyst vault init --security-token-vault-path {pasted(path)}")  # fmt: skip


class VaultInTheWay(CatalystError):
    """A file that would have to be made is there already; it may be all that opens a vault."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{shown(path)} exists already and is not replaced", f"look what it is: ls -l {pasted(path)}")


class VaultBusy(CatalystError):
    """Another process holds the vault's lock for too long."""

    def __init__(self, path: str, seconds: float) -> None:
        super().__init__(f"another process has been writing {shown(path)} for {seconds:g} s",
                         f"see who: fuser -v {pasted(path)}")  # fmt: skip


class TokenRefused(CatalystError):
    """A token, or what is said of it, cannot be kept. The message never holds the value."""

    exit_code = USAGE


class VaultChildFailed(CatalystError):
    """The process that opens the vault ended without an answer."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the process that opens the vault failed: {why}",
                         "is pyrage there? python -c 'import pyrage'")  # fmt: skip


class SourceRefused(SettingsError):
    """What is to be fetched is written in a way that is not understood."""

    def __init__(self, origin: str, text: str, why: str, instead: str) -> None:
        super().__init__(f"{origin}: {shown(text)}: {why}", f"write it so: {instead}")
        self.why = f"{shown(text)}: {why}"


class ManifestRefused(SettingsError):
    """models.toml is not understood; the message names the line."""

    def __init__(self, file: str, line: int, why: str, instead: str = "") -> None:
        super().__init__(f"{plain(file)}:{line}: {why}", instead or f"mend it: nano +{line} {pasted(file)}")


class LockDamaged(SettingsError):
    """models.lock is not what was written there."""

    def __init__(self, file: str, why: str) -> None:
        super().__init__(f"{shown(file)} cannot be used: {why}",
                         f"have it written anew: rm {pasted(file)} && catalyst fetch")  # fmt: skip


class NameRefused(CatalystError):
    """What a site calls a file can be no name of a model's file here."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"its name {shown(name)} cannot be used: {why}", "take another one: name = in models.toml")


class ModelsUnusable(CatalystError):
    """The folder of models, or one in it, cannot take a file."""

    def __init__(self, path: str, why: str, hint: str = "") -> None:
        super().__init__(f"{shown(path)} cannot take a model: {why}", hint or f"look at it: ls -ld {pasted(path)}")


class FetchBusy(CatalystError):
    """Another process fetches into the same data directory."""

    def __init__(self, data: str) -> None:
        super().__init__(f"models are being fetched into {shown(data)} already", "wait for it, or end it")


class SubjectUnreadable(CatalystError):
    """What should be audited is not what it claims to be. `line` is 0 where there is none to name."""

    exit_code = USAGE

    def __init__(self, name: str, line: int, why: str, hint: str = "") -> None:
        where = f"{plain(name)}:{line}" if line else plain(name)
        super().__init__(f"{where}: {plain(why).lower()}", hint or f"look at it: cat -A {pasted(name)} | head")


class NotWritten(CatalystError):
    """A file that `catalyst audit --fix --write` should change is not one that it may put another one in place of."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{plain(name)} was not changed: {why}", "take the diff: catalyst audit --fix | patch -p0")
