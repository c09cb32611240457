"""What containers of docker share by default."""

from collections.abc import Iterator

from catalyst.audit.facts import Host
from catalyst.audit.model import At, Check, NotApplicable, Outcome, judge, known
from catalyst.severity import Severity


def _places(facts: Host) -> Iterator[At]:
    daemon = known(facts.daemon, "no docker daemon answers")
    if daemon.get("icc", True):
        yield At("containers on the default bridge reach one another (icc)")
    if not any(name in str(one) for one in daemon.get("security", ()) for name in ("name=userns", "name=rootless")):
        yield At("root of a container is root of this machine (no userns-remap)")
    if not daemon.get("no_new_privileges"):
        yield At("setuid programs gain privileges unless each container says no (no-new-privileges)")


def _test(facts: Host) -> Outcome:
    versions = known(facts.versions, "the versions of engines are not known")
    if versions.get("docker") == "" and facts.daemon is None:
        return NotApplicable("docker is not here, or its daemon does not run")
    return judge(_places(facts), "confined by default")


CHECK = Check(
    id="host-docker-defaults",
    control="host",
    severity=Severity.LOW,
    title="containers of docker are confined also where nobody says so",
    why="Catalyst says all of it for its own containers; others on this machine get the daemon's defaults.",
    fix={"": 'in /etc/docker/daemon.json: {"icc": false, "userns-remap": "default", "no-new-privileges": true}'},
    references=("CIS 2.2", "CIS 2.9", "CIS 2.14"),
    about=Host,
    language="host",
    good=('versions docker = 27\ndaemon icc = false\ndaemon security = ["name=userns"]\ndaemon no_new_privileges = true',
          ),
    bad=("versions docker = 27\ndaemon icc = true", "versions docker = 27\ndaemon security = []"),
    test=_test,
)
