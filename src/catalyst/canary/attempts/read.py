"""Steal secrets. A readable file answers with a count of bytes, a variable with its name: content is never shown."""

import os
import re
import stat
from functools import partial
from pathlib import Path

from catalyst.canary.attempt import Answer, Attempt, Context, allowed, denied, first_allowed, unknown

TOKEN_NAME = re.compile(
    r"^(HUGGINGFACE|HUGGING_FACE|HF|CIVITAI|AWS|AZURE|GOOGLE|GCP|OPENAI|ANTHROPIC|REPLICATE|RUNPOD|WANDB|GITHUB|GH)_"
    r".*(TOKEN|KEY|SECRET|CREDENTIALS|PASSWORD)|^AWS_.*ID$|^HF_TOKEN$"
)
NO_FOLLOW_UP = os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # never wait on a device, never take a terminal


def token_names(environ: bytes) -> list[str]:
    """The names in a NUL-separated environment that carry a token."""
    names = (entry.partition(b"=")[0].decode("ascii", "replace") for entry in environ.split(b"\0"))
    return sorted(name for name in names if TOKEN_NAME.search(name))


def count_bytes(path: Path) -> Answer:
    """Read a few bytes of `path` and tell how large it is. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | NO_FOLLOW_UP)
    try:
        size = max(len(os.read(descriptor, 16)), os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)
    return (
        allowed(f"{path}: {size} {'byte' if size == 1 else 'bytes'} can be read")
        if size
        else denied(f"{path}: it is empty")
    )


def count_entry(path: Path) -> Answer:
    """The same for a file, and for a folder the number of its entries. Raises OSError."""
    if not stat.S_ISDIR(path.stat().st_mode):
        return count_bytes(path)
    count = len(os.listdir(path))  # noqa: PTH208 -- names are counted, no Path is wanted
    return (
        allowed(f"{path}: {count} {'entry' if count == 1 else 'entries'} can be listed")
        if count
        else denied(f"{path}: it is empty")
    )


def own_environment(_: Context) -> Answer:
    """R1: ultralytics 8.3.45 sent the environment out; Snyk's researchers found AWS keys in it."""
    names = token_names(b"\0".join(os.environb.keys()))
    if names:
        return allowed(f"found {', '.join(names)}")
    return denied(f"no token among the {len(os.environb)} variables of its environment")


def other_environments(_: Context) -> Answer:
    """R2: /proc/PID/environ needs the right to ptrace that process (ptrace(2), access mode checks)."""
    others = [entry for entry in Path("/proc").iterdir() if entry.name.isdigit() and entry.name != str(os.getpid())]
    # the process that started this one has the environment that the attempt above has looked at
    return first_allowed(
        [partial(_environment_of, entry) for entry in others if entry.name != str(os.getppid())],
        "no other process in sight",
    )


def _environment_of(process: Path) -> Answer:
    names = token_names((process / "environ").read_bytes())
    if names:
        return allowed(f"{process}/environ holds {', '.join(names)}")
    return denied(f"{process}/environ can be read and holds no token")


def kernel_addresses(_: Context) -> Answer:
    """R8: addresses in /proc/kallsyms are what a kernel exploit needs; kptr_restrict shows zeros instead (proc(5))."""
    with Path("/proc/kallsyms").open("rb") as symbols:
        line = symbols.readline()
    if line.split(b" ")[0].strip(b"0"):
        return allowed("/proc/kallsyms shows addresses")
    return denied("/proc/kallsyms shows no addresses" if line else "/proc/kallsyms: it is empty")


def first_process_memory(_: Context) -> Answer:
    """R9: the memory of pid 1, opened and not read."""
    if os.getppid() == 1:
        return unknown("pid 1 is the canary itself here")
    os.close(os.open("/proc/1/mem", os.O_RDONLY | NO_FOLLOW_UP))
    return allowed("/proc/1/mem can be opened")


def first_process_root(_: Context) -> Answer:
    """I7 reached the host's files through a shared pid namespace: /proc/1/root is then the host's root."""
    theirs, own = Path("/proc/1/root/").stat(), Path("/").stat()
    if (theirs.st_dev, theirs.st_ino) == (own.st_dev, own.st_ino):
        return denied("/proc/1/root is the root this program has anyway")
    return count_entry(Path("/proc/1/root/"))


def other_homes(context: Context) -> Answer:
    """R4 for the host's other users."""
    homes = [home for home in sorted(Path("/home").iterdir()) if home != context.home]
    return first_allowed([partial(count_entry, home) for home in homes], "/home holds no other home")


def kubernetes_token(_: Context) -> Answer:
    """I9 (NadMesh) takes service-account tokens."""
    return count_bytes(Path("/var/run/secrets/kubernetes.io/serviceaccount/token"))


def run_secrets(_: Context) -> Answer:
    """R3: where Docker, Podman and Kubernetes put secrets, and where a vault would be."""
    folder = Path("/run/secrets")
    files = [path for path in sorted(folder.rglob("*")) if not path.is_dir()]
    if not files:
        folder.stat()  # says ENOENT where it is so
    return first_allowed([partial(count_bytes, path) for path in files], "/run/secrets is empty")


def _file(path: str, _: Context) -> Answer:
    return count_bytes(Path(path))


def _in_home(names: tuple[str, ...], context: Context) -> Answer:
    return first_allowed([partial(count_entry, context.home / name) for name in names], "nothing to look for")


def _root_ssh(_: Context) -> Answer:
    return count_entry(Path("/root/.ssh"))


SSH = (".ssh",)
CLOUD = (
    ".aws", ".config/gcloud", ".azure", ".kube", ".docker/config.json", ".netrc", ".git-credentials", ".bash_history",
    ".cache/huggingface/token",
)  # fmt: skip
BROWSERS = (
    ".mozilla", ".config/google-chrome", ".config/chromium", ".config/BraveSoftware", ".bitcoin", ".ethereum",
    ".config/Exodus", ".electrum",
)  # fmt: skip

ATTEMPTS = (
    Attempt("own-environment", "read", "take tokens from its own environment", "I3, I9, I10", own_environment),
    Attempt("other-environments", "read", "take tokens from another process's environment", "I9", other_environments),
    Attempt("home-ssh", "read", "take the SSH keys in the home folder", "I7", partial(_in_home, SSH)),
    Attempt("root-ssh", "read", "take root's SSH keys", "I7", _root_ssh),
    Attempt("home-cloud", "read", "take cloud, registry and HuggingFace logins", "I7, I9", partial(_in_home, CLOUD)),
    Attempt("home-browser", "read", "take browser profiles and wallets", "I1, I6", partial(_in_home, BROWSERS)),
    Attempt("other-homes", "read", "look into other users' homes", "general", other_homes),
    Attempt("run-secrets", "read", "take secrets handed to the container", "I9", run_secrets),
    Attempt("kubernetes-token", "read", "take the Kubernetes service account's token", "I9", kubernetes_token),
    Attempt("shadow", "read", "take the password hashes", "general", partial(_file, "/etc/shadow")),
    Attempt("kernel-memory", "read", "read the machine's memory through the kernel", "general",
            partial(_file, "/proc/kcore")),
    Attempt("physical-memory", "read", "read the machine's physical memory", "general", partial(_file, "/dev/mem")),
    Attempt("kernel-addresses", "read", "learn the kernel's addresses", "general", kernel_addresses),
    Attempt("first-process-memory", "read", "open the memory of the first process", "general", first_process_memory),
    Attempt("first-process-root", "read", "reach the host's files through the first process", "I7",
            first_process_root),
)  # fmt: skip
