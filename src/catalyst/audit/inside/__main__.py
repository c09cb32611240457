"""Run by path, so that nothing but the package's own folder is put on the import path."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from catalyst.audit.inside import attempt
from catalyst.audit.inside.probe import Context

USAGE = "usage: __main__.py --context JSON [--only ID,ID]"


def main(argv: list[str]) -> int:
    """Make all attempts, or some, and print a JSON object for each."""
    if len(argv) not in (2, 4) or argv[0] != "--context" or argv[2:3] not in ([], ["--only"]):
        print(USAGE, file=sys.stderr)
        return 2
    scratch, home, places, bait = json.loads(argv[1])
    context = Context(Path(scratch), Path(home), {key: Path(value) for key, value in places.items()}, bait)
    wanted = argv[3].split(",") if argv[2:] else attempt.names()
    for probe, answer in attempt.make_all([attempt.load(name) for name in wanted], context):
        print(json.dumps({"id": probe.id, **answer._asdict()}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
