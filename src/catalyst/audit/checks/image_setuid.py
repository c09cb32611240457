"""Setuid programs of an image."""


from catalyst.audit.facts import Image
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity

# What Debian's and Alpine's bases bring; with no-new-privileges they do nothing, so they are no finding of their own.
USUAL = {"su", "mount", "umount", "passwd", "gpasswd", "chsh", "chfn", "newgrp", "chage", "expiry", "unix_chkpwd", "wall",
         "ssh-keysign", "bbsuid", "pam_extrausers_chkpwd", "ssh-agent", "crontab"}  # fmt: skip


def _test(facts: Image) -> Outcome:
    files = known(facts.files, "the image's files are not known")
    found = [one for one in files if one.mode & 0o6000 and one.path.rpartition("/")[2] not in USUAL]
    return judge((At(f"{one.path} with mode {one.mode:04o}") for one in found), "none but those of the base")


CHECK = Check(
    id="image-setuid",
    control="no-new-privileges",
    severity=Severity.MEDIUM,
    title="an image brings no setuid programs of its own",
    why="They run as root whoever starts them. docker-bench only reminds one to look; Trivy does not look.",
    fix={"": "RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} +"},
    references=("CIS 4.8", "dockle CIS-DI-0008", "CWE-250"),
    about=Image,
    language="image",
    good=('{"files": [["/usr/bin/su", 2541, 0, 0]]}',),
    bad=('{"files": [["/usr/bin/sudo", 2541, 0, 0]]}', '{"files": [["/opt/x", 1517, 0, 0]]}'),
    test=_test,
)
