"""Random rules, policies and hosts for property tests, and one fixed sandbox to render them for.

RULES must have an entry for every rule type: tests/unit/policy/test_laws.py compares it with RULE_TYPES, so a new
rule type without a strategy fails there.
"""

from collections.abc import Mapping
from pathlib import Path

from hypothesis import strategies as st

from catalyst.policy.model import (
    RULE_TYPES,
    TRACES,
    Capabilities,
    CleanEnvironment,
    Devices,
    Execution,
    ForensicCleanup,
    HiddenPaths,
    Identity,
    Limits,
    MaskedPaths,
    Namespace,
    Namespaces,
    Network,
    NoNewPrivileges,
    OwnTerminal,
    Place,
    Policy,
    Reach,
    ReadOnlyRoot,
    Rule,
    Scratch,
    Stated,
    SystemCalls,
    Tier,
    Umask,
    Writable,
)
from catalyst.render.target import Facts, Sandbox
from catalyst.settings import Settings, load, variables
from catalyst.vault.identity import would_open
from catalyst.workloads import comfyui
from catalyst.workloads.interpreter import Interpreter
from catalyst.workloads.model import Mount

KERNEL_FILES = ("/proc/acpi", "/proc/kcore", "/proc/sys", "/proc/keys", "/proc/sysrq-trigger", "/proc/timer_list")
VAULTS = ("/srv/secrets/vault.age", "/home/someone/vault.age", "/root/v")


def _subset(*words: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(words))


_ids = st.integers(1, (1 << 32) - 2)
_sizes = st.integers(1, 1 << 50)
# The address is one that a rule may name: those for documentation are never reached.
HOSTS = ("huggingface.co:443", "*.hf.co:443", "1.1.1.1:80", "example.org:*")

_traces = st.frozensets(st.sampled_from(sorted(TRACES)))
RULES: Mapping[type[Rule], st.SearchStrategy[Rule]] = {
    Identity: st.builds(Identity, _ids, _ids),
    NoNewPrivileges: st.just(NoNewPrivileges()),
    Capabilities: st.builds(Capabilities, _subset("CHOWN", "KILL", "NET_RAW", "SYS_ADMIN")),
    Namespaces: st.builds(Namespaces, st.frozensets(st.sampled_from(Namespace))),
    Network: st.one_of(
        st.builds(Network, st.just(Reach.INTERNET), st.booleans()),
        st.builds(lambda hosts: Network(Reach.BROKER, hosts=hosts), st.frozensets(st.sampled_from(HOSTS))),
        st.just(Network(Reach.NOWHERE)),
    ),
    ReadOnlyRoot: st.just(ReadOnlyRoot()),
    Writable: st.builds(Writable, st.frozensets(st.sampled_from(Place))),
    Scratch: st.builds(Scratch, _sizes, st.booleans()),
    HiddenPaths: st.builds(HiddenPaths, _subset(*VAULTS)),
    MaskedPaths: st.builds(MaskedPaths, _subset(*KERNEL_FILES)),
    Limits: st.builds(Limits, st.integers(1, 1 << 20), _sizes, st.integers(1, 1 << 20)),
    Devices: st.builds(Devices, _subset("nvidia", "amd", "intel")),
    Umask: st.builds(Umask, st.integers(0, 0o777)),
    CleanEnvironment: st.just(CleanEnvironment()),
    OwnTerminal: st.just(OwnTerminal()),
    Execution: st.builds(Execution, st.booleans()),
    SystemCalls: st.builds(SystemCalls, st.sampled_from(Tier), st.booleans(), st.booleans()),
    ForensicCleanup: st.builds(ForensicCleanup, _sizes, _traces, _traces),
}


def rules() -> st.SearchStrategy[Rule]:
    """A rule of any type."""
    return st.one_of(*RULES.values())


def _policy(chosen: tuple[Rule, ...]) -> Policy:
    return Policy(tuple(Stated(rule, (f"control-{type(rule).__name__.lower()}",)) for rule in chosen))


def policies() -> st.SearchStrategy[Policy]:
    """One random rule of every type, each asked for by a control of its own."""
    return st.tuples(*(RULES[kind] for kind in RULE_TYPES)).map(_policy)


def without(policy: Policy, kind: type[Rule]) -> Policy:
    """The policy less its rule of one type."""
    return Policy(tuple(one for one in policy if not isinstance(one.rule, kind)))


def facts() -> st.SearchStrategy[Facts]:
    """Hosts: root or not, engine with privilege or not, with and without GPU nodes and mounts below mounts."""
    return st.builds(
        Facts,
        root=st.booleans(),
        rootless=st.booleans(),
        etc=st.sampled_from([(), ("/etc/localtime", "/etc/ssl/certs")]),
        gpu=st.sampled_from([(), ("/dev/dri",), ("/dev/kfd", "/dev/dri", "/sys/class/kfd")]),
        groups=st.sampled_from([(), (44, 109)]),
        submounts=st.sampled_from([frozenset[str](), frozenset({"/srv/ComfyUI/models/disk"})]),
        kernel_files=_subset(*KERNEL_FILES),
        landlock=st.sampled_from([0, 1, 2, 3, 7]),
        swap=st.sampled_from([(), ("/dev/sda2",)]),
        session_in_memory=st.booleans(),
        session_noexec=st.booleans(),
        machine=st.sampled_from(["x86_64", "aarch64", "riscv64"]),
    )


def settings_with(**options: str) -> Settings:
    """Settings with a data directory that no host has, from the command line's words alone."""
    return load({"data": "/srv/data", **options}, environ={}, config=None)


def sandbox(settings: Settings | None = None, *more: Mount) -> Sandbox:
    """ComfyUI in a sandbox made of folders that no host has; `more` are mounts beside its own."""
    python = Interpreter("/srv/venv/bin/python", (Mount("/srv/venv", "/srv/venv"), *more))
    return Sandbox(
        id="0123456789ab",
        workload=comfyui.workload(settings or settings_with(), Path("/srv/ComfyUI"), python, 8188),
        session="/srv/data/.catalyst/session",
        package="/srv/site-packages/catalyst",
        python="/usr/bin/python3",
        image="catalyst-comfyui",
        lifeline=0,
        variables=tuple(variables(settings or settings_with()).items()),
        identity=would_open(settings.security_token_vault_path, settings.vault_identity) if settings else "",
    )
