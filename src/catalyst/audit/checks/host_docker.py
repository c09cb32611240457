"""The docker daemon."""

from collections.abc import Iterator

from catalyst.audit.facts import Host
from catalyst.audit.model import At, Check, NotApplicable, Outcome, judge, known
from catalyst.severity import Severity


def _places(facts: Host) -> Iterator[At]:
    daemon = known(facts.daemon, "no docker daemon answers")
    if not any("name=seccomp" in str(one) for one in daemon.get("security", ())):
        yield At("containers run without a system call filter")
    if daemon.get("insecure"):
        yield At(f"registries without TLS: {', '.join(map(str, daemon['insecure']))[:80]}")


def _test(facts: Host) -> Outcome:
    versions = known(facts.versions, "the versions of engines are not known")
    if versions.get("docker") == "" and facts.daemon is None:
        return NotApplicable("docker is not here, or its daemon does not run")
    return judge(_places(facts), "a filter for every container, registries with TLS")


CHECK = Check(
    id="host-docker",
    control="host",
    severity=Severity.HIGH,
    title="the docker daemon filters system calls and checks registries",
    why="What the daemon does not do, no container of it has.",
    fix={"": "in /etc/docker/daemon.json: leave out seccomp-profile and insecure-registries"},
    references=("CIS 2.5", "CIS 2.16"),
    about=Host,
    language="host",
    good=('versions docker = 27.0\ndaemon security = ["name=seccomp,profile=default"]',),
    bad=("versions docker = 27.0\ndaemon security = []",
         'versions docker = 27\ndaemon security = ["name=seccomp"]\ndaemon insecure = ["registry:5000"]'),
    test=_test,
)
