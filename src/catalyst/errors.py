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


class WipeRefused(CatalystError):
    """A path may not be wiped, or cannot be reached safely."""

    def __init__(self, path: str, why: str, hint: str) -> None:
        super().__init__(f"{shown(path)} is not wiped: {why}", hint)


class PortTaken(CatalystError):
    """Somebody else listens on the address the interface should be published on."""

    def __init__(self, address: str, port: int, why: str) -> None:
        super().__init__(f"cannot listen on {address}:{port}: {why}", "choose another port: catalyst up --port 0")


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
