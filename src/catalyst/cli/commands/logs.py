"""`catalyst logs`."""

import argparse
import sys
import time

from catalyst.cli import given
from catalyst.instance import down as looking
from catalyst.instance import log
from catalyst.instance.store import Store


def logs(arguments: argparse.Namespace) -> int:
    """The log, with everything a terminal would obey taken out."""
    settings = given.settings(arguments)
    file = looking.log_file(settings)
    sys.stdout.writelines(log.read(file))
    sys.stdout.flush()
    if not arguments.follow:
        return 0
    with file.open(encoding="utf-8", errors="replace", newline="\n") as stream:
        stream.seek(0, 2)
        while True:
            for line in stream:
                print(log.plain(line), end="", flush=True)
            if not Store(settings.data).holder():
                return 0
            time.sleep(0.2)
