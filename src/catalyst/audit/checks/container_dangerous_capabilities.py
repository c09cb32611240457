"""Capabilities that lead out of a container."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, Outcome, broken, judge, known
from catalyst.severity import Severity

# What each gives root of a container (capabilities(7)); --privileged has all of them.
OUT = {
    "ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "SYS_PTRACE", "SYS_BOOT", "DAC_READ_SEARCH", "DAC_OVERRIDE", "BPF",
    "PERFMON", "SYS_TIME", "SYSLOG", "MAC_ADMIN", "MAC_OVERRIDE", "AUDIT_CONTROL", "AUDIT_READ", "BLOCK_SUSPEND",
    "LINUX_IMMUTABLE", "CHECKPOINT_RESTORE", "NET_ADMIN", "NET_RAW", "NET_BROADCAST", "MKNOD", "SYS_CHROOT", "SETUID",
       "SETGID",
    "SETFCAP", "SETPCAP", "SYS_RESOURCE", "SYS_NICE", "SYS_PACCT", "SYS_TTY_CONFIG", "IPC_LOCK", "IPC_OWNER", "LEASE",
    "WAKE_ALARM", "CHOWN", "FOWNER", "FSETID", "KILL", "AUDIT_WRITE",
}  # fmt: skip


def _test(facts: Container) -> Outcome:
    if facts.privileged:
        return broken("all of them, because it is privileged", facts.line("privileged"))
    added = known(facts.added, "the added capabilities are not known")
    line = facts.line("cap_add")
    return judge((At(f"adds {name}", line) for name in added if name in OUT), f"adds {', '.join(added) or 'none'}")


CHECK = Check(
    id="container-dangerous-capabilities",
    control="capabilities",
    severity=Severity.HIGH,
    title="a container adds no capability that helps to get out",
    why="Each of these gives root of the container a way to the host or to other containers. ComfyUI needs none of "
    "them; NET_BIND_SERVICE is the only one that is left alone.",
    fix={"compose": "cap_add: []", "docker": "leave out --cap-add"},
    references=("CIS 5.4", "docker-bench C.5.3.1-4", "KSV-0005", "KSV-0022", "CL-0011", "CWE-250"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("cap_add: []", "cap_add: [NET_BIND_SERVICE]"),
    bad=("cap_add: [SYS_ADMIN]", "cap_add: [cap_sys_ptrace]", "cap_add: [all]", "privileged: true"),
    test=_test,
)
