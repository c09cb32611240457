"""Variables that put code into every program."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity

NAMES = {"LD_PRELOAD", "LD_AUDIT", "PYTHONSTARTUP", "BASH_ENV"}


def _places(facts: Dockerfile) -> Iterator[At]:
    for one in look.instructions(facts, "ENV"):
        for word in one.words or one.text.split():
            name, _, value = word.partition("=")
            if name in NAMES and value and not re.search(r"jemalloc|tcmalloc|mimalloc", value):
                yield At(f"ENV {name}={value[:60]}", one.line)


CHECK = Check(
    id="dockerfile-loader-environment",
    control="clean-environment",
    severity=Severity.HIGH,
    title="no variable of an image puts code into every program",
    why="LD_PRELOAD of an image reached a privileged hook on the host with NVIDIA's toolkit up to 1.17.7 "
    "(CVE-2025-23266). Preloading an allocator is left alone.",
    fix={"dockerfile": "set it for the one program that needs it: CMD LD_PRELOAD=… program"},
    references=("CVE-2025-23266", "CWE-426"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nENV LD_PRELOAD=/usr/lib/libjemalloc.so.2", "FROM a\nENV LD_LIBRARY_PATH=/usr/local/cuda/lib64"),
    bad=("FROM a\nENV LD_PRELOAD=./x.so", "FROM a\nENV A=b LD_AUDIT=/x.so"),
    test=lambda facts: judge(_places(facts), "none of them is set"),
)
