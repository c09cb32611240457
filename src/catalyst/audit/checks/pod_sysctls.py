"""Pod Security Standards, baseline: sysctls."""


from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import At, Check, Outcome, judge
from catalyst.audit.subjects.documents import line_of
from catalyst.severity import Severity

SAFE = {"kernel.shm_rmid_forced": (1, 0), "net.ipv4.ip_local_port_range": (1, 0), "net.ipv4.tcp_syncookies": (1, 0),
        "net.ipv4.ping_group_range": (1, 0), "net.ipv4.ip_unprivileged_port_start": (1, 0),
        "net.ipv4.ip_local_reserved_ports": (1, 27), "net.ipv4.tcp_keepalive_time": (1, 29),
        "net.ipv4.tcp_fin_timeout": (1, 29), "net.ipv4.tcp_keepalive_intvl": (1, 29),
        "net.ipv4.tcp_keepalive_probes": (1, 29), "net.ipv4.tcp_rmem": (1, 32), "net.ipv4.tcp_wmem": (1, 32),
        "net.ipv4.tcp_slow_start_after_idle": (1, 37), "net.ipv4.tcp_notsent_lowat": (1, 37)}  # fmt: skip


def _test(facts: Pod) -> Outcome:
    context = pods.mapping(pods.spec(facts), "securityContext")
    names = [one.get("name") if isinstance(one, dict) else one for one in pods.items(context, "sysctls")]
    wrong = [name for name in names if facts.version < SAFE.get(str(name), (9, 9))]
    return judge((At(f"sysctl {name}", line_of(context, "sysctls")) for name in wrong), f"{len(names)}, all of them safe")


CHECK = Check(
    id="pod-sysctls",
    control="namespaces",
    severity=Severity.MEDIUM,
    title="a pod sets only safe kernel settings",
    why="Others change what other pods or the node see.",
    fix={"kubernetes": "securityContext: {sysctls: []}"},
    references=("PSS baseline: sysctls", "KSV-0026"),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a}]",
          "securityContext: {sysctls: [{name: net.ipv4.tcp_rmem, value: '1'}]}\ncontainers: [{name: a}]"),
    bad=("securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}\ncontainers: [{name: a}]",),
    test=_test,
)
