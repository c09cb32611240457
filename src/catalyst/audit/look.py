"""What several checks look for: paths, users, secrets, shell commands. Pure."""

import posixpath
import re
from collections.abc import Iterable, Iterator

from catalyst.audit.facts import Container, Dockerfile, Instruction, Mount
from catalyst.audit.model import known

ENGINES = ("compose", "docker", "podman")
EVERY_CONTAINER = (*ENGINES, "kubernetes")

# What scanners read beside the files they scan, or in the folder they are started in.
SCANNER_FILES = {".trivyignore", ".trivyignore.yaml", "trivy.yaml", "trivy.yml", "trivy-secret.yaml", ".hadolint.yaml",
         ".hadolint.yml",
         "hadolint.yaml", ".checkov.yaml", ".checkov.yml", ".checkov.baseline", ".compose-lint.yml", ".compose-lint.yaml",
         ".semgrepignore", ".snyk", ".grype.yaml", ".kube-linter.yaml", "kics.config", ".dockleignore"}  # fmt: skip
# Two of these in one string of 20 letters or more are hardly ever something else.
_TOKENS = {
    "a HuggingFace token": r"\bhf_[A-Za-z0-9]{30,}\b",
           "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{40,})\b",
    "an AWS key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", "an OpenAI key": r"\bsk-(?:proj-)?[A-Za-z0-9_-]{32,}\b",
    "an Anthropic key": r"\bsk-ant-[A-Za-z0-9_-]{24,}\b", "a Google key": r"\bAIza[A-Za-z0-9_-]{35}\b",
    "a Slack token": r"\bxox[abposr]-[A-Za-z0-9-]{20,}\b", "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a password in an address": r"\b[a-z][a-z0-9+.-]*://[^\s/:@$]+:[^\s/:@$]{3,}@",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{15,}\b",
}  # fmt: skip
TOKENS = {name: re.compile(pattern) for name, pattern in _TOKENS.items()}
_SECRET_NAME = re.compile(
    r"(?:^|_)(?:TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRET|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?)(?:$|_(?!PATH|FILE|DIR|NAME|URL|ID|TTL))",
    re.IGNORECASE,
)
_NOT_A_VALUE = {"", "true", "false", "0", "1", "yes", "no", "none", "null", "changeme", "example", "required"}


def token_in(text: str) -> str:
    """What kind of secret a text holds; empty if none. Never the secret."""
    return next((name for name, pattern in TOKENS.items() if pattern.search(text)), "")


def secret_in(name: str, value: str | None) -> str:
    """What kind of secret a variable holds; empty if none. A value that is put in later, or names a file, is none."""
    if value is None:
        return ""
    kind = token_in(value)
    if kind or not _SECRET_NAME.search(name):
        return kind
    bare = value.strip().strip("'\"")
    harmless = bare.lower() in _NOT_A_VALUE or bare.startswith(("/", "$", "<", "{{", "./", "secret:"))
    return "" if harmless else "a secret, by its name"


def is_root(user: str) -> bool:
    """Is it uid 0, under any spelling engines take: root, 0, 00, 0:0, root:audio?"""
    name = user.strip().strip("'\"").partition(":")[0].strip()
    return name in {"", "root"} or (name.lstrip("+-").isdigit() and int(name) == 0)


def is_number(user: str) -> bool:
    """Is the user a number?"""
    return user.strip().strip("'\"").partition(":")[0].isdigit()


def normal(path: str) -> str:
    """A path without `.`, `..`, doubled slashes."""
    return "/" + posixpath.normpath(path).lstrip("/") if path.startswith("/") else posixpath.normpath(path)


# /proc/PID/root and /proc/PID/cwd are the host's own tree by another name.
_OTHER_ROOT = re.compile(r"^/proc/(?:\d+|self|thread-self)/(?:task/\d+/)?(?:root|cwd)(?=/|$)")


def names_of(mount: Mount) -> list[str]:
    """All paths by which the source of a mount is known: as written, normalised, and what it leads to."""
    found = []
    for path in (mount.source, mount.real):
        if path:
            bare = normal(path.rstrip("/") or "/")
            found += [bare, _OTHER_ROOT.sub("", bare) or "/"]
    return list(dict.fromkeys(found))


def mounts_of(facts: Container) -> tuple[Mount, ...]:
    """Its mounts of host paths, without those whose source nobody knows."""
    return tuple(one for one in known(facts.mounts, "its mounts are not known") if not one.unset)


def an_unset_mount(facts: Container) -> Mount | None:
    """A mount whose source is a variable without a value."""
    return next((one for one in facts.mounts or () if one.unset), None)


def instructions(facts: Dockerfile, *names: str) -> list[Instruction]:
    """Instructions of these names, of every stage."""
    every = known(facts.instructions, "the Dockerfile could not be read")
    return [one for one in every if one.name in names]


def final(facts: Dockerfile, *names: str) -> list[Instruction]:
    """Instructions of these names that the final image is made of: its stage and the stages that one continues."""
    stages = known(facts.stages, "the Dockerfile could not be read")
    wanted, at = set[int](), len(stages) - 1
    while at >= 0:
        wanted.add(at)
        at = stages[at].parent
    return [one for one in instructions(facts, *names) if one.stage in wanted]


def runs(facts: Dockerfile) -> Iterator[tuple[int, str]]:
    """Line and text of every RUN."""
    for one in instructions(facts, "RUN"):
        yield one.line, " ".join(one.words) if one.text.startswith("[") and one.words else one.shell()


_SPLIT = re.compile(r"&&|\|\||[;\n|&]")


def commands(text: str) -> list[str]:
    """The single commands of a shell text, roughly: split at what joins commands, comments left out."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    parts = (part.strip() for part in _SPLIT.split(lines))
    prefix = re.compile(r"^(?:(?:if|then|else|do|while|!|\{|\(|time|exec|sudo(?:\s+-\S+)*|env)\s+|[A-Za-z_]\w*=\S*\s+)+")
    return [prefix.sub("", part) for part in parts if part]


def any_place(found: Iterable[tuple[int, str]], pattern: "re.Pattern[str]") -> Iterator[tuple[int, str]]:
    """Lines whose text matches, with the words that matched."""
    for line, text in found:
        match = pattern.search(text)
        if match:
            yield line, " ".join(match[0].split())[:120]


# Names by which a subject shows that it is ComfyUI.
_COMFYUI = re.compile(r"comfy", re.IGNORECASE)


def is_comfyui(facts: Container) -> bool:
    """Is it ComfyUI, by image, name, command or port?"""
    words = (facts.image or "", facts.name, *(facts.command or ()))
    return any(_COMFYUI.search(word) for word in words) or any(port.container == "8188" for port in facts.ports or ())


def loopback(address: str) -> bool:
    """Does only this machine reach that address?"""
    return address.startswith("127.") or address in {"::1", "localhost"}


def numbers(version: str) -> tuple[int, ...]:
    """The numbers a version begins with: 1.2.3rc1 is (1, 2, 3). A leading v is left out."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def older(version: str, than: tuple[int, ...]) -> bool:
    """Is it older? A version that is none is. A candidate of the version itself is older too."""
    found = numbers(version)
    padded = (*found, *(0,) * (len(than) - len(found)))
    early = bool(re.match(r"v?[\d.]+\.?(?:rc|a|b|dev|alpha|beta|-rc)", version))
    return not found or padded < than or (early and padded[: len(than)] == than)
