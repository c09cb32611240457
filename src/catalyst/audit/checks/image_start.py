"""How an image starts."""

import re
from collections.abc import Iterator

from catalyst.audit.facts import Image
from catalyst.audit.model import At, Check, judge, known
from catalyst.severity import Severity


def _places(facts: Image) -> Iterator[At]:
    config = known(facts.config, "the image's configuration is not known")
    workdir = str(config.get("WorkingDir") or "")
    if re.match(r"/+(?:proc/+(?:self|thread-self|\d+)/+(?:fd|cwd|root)|dev/fd)", workdir):
        yield At(f"working directory {workdir[:60]} (CVE-2024-21626)")
    for one in config.get("Env") or ():
        name, _, value = str(one).partition("=")
        if name in {"LD_PRELOAD", "LD_AUDIT", "BASH_ENV"} and value and not re.search(r"jemalloc|tcmalloc|mimalloc",
                                                                                      value):
            yield At(f"{name}={value[:60]} (CVE-2025-23266)")
    words = [str(one) for key in ("Entrypoint", "Cmd") for one in config.get(key) or ()]
    if any(re.search(r"\bsshd\b|dropbear", word) for word in words):
        yield At("it starts an SSH server")
    if "22/tcp" in (config.get("ExposedPorts") or {}):
        yield At("it exposes port 22")


CHECK = Check(
    id="image-start",
    control="image",
    severity=Severity.HIGH,
    title="an image starts nothing that leads out of it",
    why="A working directory in /proc/self/fd and LD_PRELOAD are how images attacked the engine that starts them; an "
    "SSH server is a second login.",
    fix={"": "do not run it; look at where it came from"},
    references=("CVE-2024-21626", "CVE-2025-23266", "CIS 5.7", "DS-0004"),
    about=Image,
    language="image",
    good=('{"config": {"WorkingDir": "/app", "Cmd": ["python", "main.py"]}}',),
    bad=('{"config": {"WorkingDir": "/proc/self/fd/8"}}', '{"config": {"Env": ["LD_PRELOAD=/x.so"]}}',
         '{"config": {"Cmd": ["/usr/sbin/sshd"]}}',
         '{"config": {"ExposedPorts": {"22/tcp": {}}}}'),
    test=lambda facts: judge(_places(facts), "nothing of the kind"),
)
