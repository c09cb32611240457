"""Kernel settings."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity

# Those that a container has for itself alone and that docker lets it set (Pod Security Standards, baseline, 1.37).
SAFE = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.core.somaxconn",
}  # fmt: skip


def _test(facts: Container) -> Outcome:
    given = known(facts.sysctls, "its kernel settings are not known")
    return judge((At(f"sysctl {name[:60]}", facts.line("sysctls")) for name in given if name not in SAFE),
                 "none, or harmless")


CHECK = Check(
    id="container-sysctls",
    control="namespaces",
    severity=Severity.LOW,
    title="a container sets only harmless kernel settings",
    why="Forwarding, redirects and message queues change what others on the host or its network see.",
    fix={"compose": "sysctls: {}", "docker": "leave out --sysctl"},
    references=("PSS sysctls", "KSV-0026"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("image: a", "sysctls: [net.core.somaxconn=1024]"),
    bad=("sysctls: [net.ipv4.ip_forward=1]", "sysctls: {kernel.msgmax: 65536}"),
    test=_test,
)
