"""Who may speak to an engine."""


from catalyst.audit.facts import Host
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity


def _test(facts: Host) -> Outcome:
    sockets = known(facts.sockets, "the engines' sockets are not known")
    places = [At(f"{path} with mode {mode:04o}: everybody may start a privileged container") for path,
              mode in sockets.items()
              if mode & 0o006]  # fmt: skip
    listens = known(facts.listens, "what listens here is not known")
    places += [At(f"something listens at {one}, where engines listen without TLS") for one in listens]
    return judge(places, f"{len(sockets)} sockets, closed to others")


CHECK = Check(
    id="host-engine-sockets",
    control="host",
    severity=Severity.CRITICAL,
    title="an engine's socket is closed to others",
    why="Whoever may speak to it is root of this machine; over the network without TLS that is everybody.",
    fix={"": "sudo chmod 0660 /var/run/docker.sock; and in daemon.json no tcp:// without tlsverify"},
    references=("CIS 2.6", "CIS 3.15", "CIS 3.16", "CWE-306"),
    about=Host,
    language="host",
    good=("sockets /var/run/docker.sock = 660",),
    bad=("sockets /var/run/docker.sock = 666", "listens every-address:2375 = x"),
    test=_test,
)
