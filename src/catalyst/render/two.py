"""Two containers, `front` with gateway and broker and the workload, for whoever writes them down: compose and quadlet. Where
models are named there is a third, `fetch`, that has ended before the workload starts: neither of the two could do it. From
`high` on the workload's container may not write models; front, whom strangers speak to, is not to; and a broker that both
phases shared would have to be told by somebody in the workload's container which phase it is.

The workload's options are those of `run`, word for word; who has no translation for one must stop there.
"""

from collections.abc import Iterator, Mapping

from catalyst.errors import PathRefused
from catalyst.policy.model import Identity, Network, Place, Policy, Reach
from catalyst.render.target import Sandbox
from catalyst.vault import names
from catalyst.workloads import comfyui
from catalyst.workloads.model import DOOR, OUT, SAID, Mount

PORT = 8188  # of the interface in the container; which one it is outside is the publisher's to say
FILES = ("CATALYST_TLS_CERTIFICATE", "CATALYST_TLS_KEY", "CATALYST_EXTRA_ROOTS")
MANIFEST, ROOTS = "CATALYST_MODELS", "CATALYST_EXTRA_ROOTS"
ORDERS = (MANIFEST, "HF_REPOS_TO_DOWNLOAD", "CIVITAI_CHECKPOINTS_TO_DOWNLOAD", "CIVITAI_LORAS_TO_DOWNLOAD",
          "CIVITAI_VAES_TO_DOWNLOAD")  # fmt: skip
# Where engines show secrets, the vault and what opens it under the names that front looks for.
VAULT, SECRETS, SECRET, IDENTITY = names.SETTING, names.SECRETS, names.MOUNTED, names.CREDENTIAL
# Front parses what strangers send and has the network: as little else as can be. The policy is the workload's, not its.
FRONT_MEMORY, FRONT_PROCESSES = 2 << 30, 4096
FRONT_TMPFS = (
    "/tmp:rw,nosuid,nodev,noexec,mode=1777,size=67108864",
    "/scratch:rw,nosuid,nodev,noexec,size=65536",
    # a secret needs a place below a root that podman, without root itself, has made read-only before it puts secrets there
    f"{SECRETS}:rw,nosuid,nodev,noexec,mode=0755,size=65536",
)
COMMAND = "catalyst-entrypoint"
# A socket and a report; a socket and, with tokens, the certificates to trust; lines for the page of a start.
PAGES = {"door": 16, "out": 256, "said": 32}
WORKLOAD_ASKED = ("catalyst", "health")
# Seconds before a silence counts. A start of ComfyUI with many nodes takes minutes; it is not ended for it.
FRONT_PATIENCE, WORKLOAD_PATIENCE = 30, 600
ASKED_EVERY, ANSWER_WITHIN, ASKED_TIMES = "5s", "5s", 3
# Words of `run` that are the starter's own business, or its default.
LEFT_OUT = ("--rm", "--interactive", "--log-driver=none", "--workdir=/", "--tty")
LEFT_OUT_WITH_VALUE = ("--name", "--label")
WITH_VALUE = ("--mount", "--tmpfs")


def user(policy: Policy) -> tuple[int, int]:
    """uid and gid of both containers."""
    return next(((one.rule.uid, one.rule.gid) for one in policy if isinstance(one.rule, Identity)), (1000, 1000))


def sockets(policy: Policy) -> Mapping[str, str]:
    """Name and place of the folders that both see, with one socket each; each of the two may write one of them."""
    way_out = any(isinstance(one.rule, Network) and one.rule.reach is not Reach.NOWHERE for one in policy)
    return {"door": DOOR, **({"out": OUT} if way_out else {})}


def in_memory(name: str, uid: int, gid: int) -> str:
    """Mount options of such a folder, closed to everybody else. In memory, so that a crash leaves nothing; its size in
    pages, since podman takes "size" for a quota on a disk."""
    return f"nr_blocks={PAGES[name]},mode=0700,uid={uid},gid={gid},noexec,nosuid,nodev"


def front_asked(sandbox: Sandbox) -> tuple[str, ...]:
    """The command that asks front whether it answers itself: whether ComfyUI does is the workload's to say. It is asked from
    beside it, so whose certificate it has does not matter."""
    if sandbox.encrypted():
        return ("curl", "-fsSk", f"https://127.0.0.1:{PORT}/healthz")
    return ("curl", "-fsS", f"http://127.0.0.1:{PORT}/healthz")


def certificates(sandbox: Sandbox) -> list[str]:
    """Certificates of the host that front is shown as they lie. The user of the container must be able to read them."""
    said = dict(sandbox.variables)
    return [said[name] for name in FILES if name in said]


def secrets(policy: Policy, sandbox: Sandbox) -> dict[str, str]:
    """Name below SECRETS and file of the host of what front alone is shown: the vault, and what opens it. None where there
    is no way out, as nothing would use a token. Raises PathRefused."""
    return vault_files(sandbox) if "out" in sockets(policy) else {}


def vault_files(sandbox: Sandbox) -> dict[str, str]:
    """The same for who uses a token in any mode: the models' container. Raises PathRefused."""
    vault = dict(sandbox.variables).get(VAULT)
    if not vault:
        return {}
    if not sandbox.identity.startswith("/"):
        raise PathRefused(names.IDENTITY_SETTING, sandbox.identity, "a container cannot be given it",
                          "name a file: --vault-identity FILE")  # fmt: skip
    return {SECRET: vault, IDENTITY: sandbox.identity}


def fronts(policy: Policy, sandbox: Sandbox) -> dict[str, str]:
    """The environment of front: the same settings, and where its vault is, if it has one."""
    held = {VAULT: f"{SECRETS}/{SECRET}"} if secrets(policy, sandbox) else {}
    return _without_vault(sandbox) | held


def fetchers(sandbox: Sandbox) -> dict[str, str]:
    """The environment of the models' container, empty where there is none: nothing is named, or nothing is shown models."""
    said = dict(sandbox.variables)
    if not models(sandbox) or not said.keys() & set(ORDERS):
        return {}
    return said | ({VAULT: f"{SECRETS}/{SECRET}"} if VAULT in said else {})


def said(sandbox: Sandbox) -> Mapping[str, str]:
    """Name and place of the folder that the models' container writes and front reads, if there is one."""
    return {"said": SAID} if fetchers(sandbox) else {}


def models(sandbox: Sandbox) -> Mount | None:
    """The folder of models, as the workload has it."""
    return next((mount for mount in sandbox.workload.mounts if mount.place is Place.MODELS), None)


def fetchers_files(sandbox: Sandbox) -> list[str]:
    """Files of the host that the models' container is shown as they lie, readable for its user: what is wanted, which nobody
    but that user and root may be able to write, and whom to trust."""
    said = dict(sandbox.variables)
    return [said[name] for name in (MANIFEST, ROOTS) if name in said]


def _without_vault(sandbox: Sandbox) -> dict[str, str]:
    """Nor what the models' container is told, where there is one."""
    elsewhere = {VAULT, *(ORDERS if fetchers(sandbox) else ())}
    return {name: text for name, text in sandbox.variables if name not in elsewhere}


def words(argv: tuple[str, ...], sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    """Option and value, "" for none, of each word of `run` that counts here, up to the image."""
    rest = iter(argv[2:])
    for word in rest:
        option, equals, value = word.partition("=")
        if word == f"--entrypoint={sandbox.python}":
            return
        if word in LEFT_OUT_WITH_VALUE:
            next(rest)
        elif word not in LEFT_OUT:
            yield option, next(rest) if word in WITH_VALUE and not equals else value


def bind(value: str, sandbox: Sandbox) -> dict[str, str] | None:
    """The options of a --mount. None for what Catalyst itself is made of, and for what a start from the host writes anew
    each time: both are in the image."""
    options = dict(part.partition("=")[::2] for part in value.split(","))
    return None if options["source"].startswith((f"{sandbox.session}/", f"{sandbox.package}/")) else options


def variables(sandbox: Sandbox) -> dict[str, str]:
    """The workload's environment: the same settings without a vault, and where ComfyUI and its interpreter are, if they
    are the host's."""
    targets = [mount.target for mount in sandbox.workload.mounts if mount.place is None]
    program = sandbox.workload.argv[0]
    found = {"COMFYUI_PATH": comfyui.CODE} if comfyui.CODE in targets else {}
    python = {"CATALYST_PYTHON": program} if any(program.startswith(f"{one}/") for one in targets) else {}
    return {**_without_vault(sandbox), **found, **python}
