"""`python3 -I -S catalyst/canary/__main__.py --host 127.0.0.1 --port 8188`: serve what was tried and what stopped it."""

import sys
from pathlib import Path

if __package__ in {None, ""}:
    # -I leaves the script's folder out of sys.path, so that nothing planted beside it is imported; the package is ours.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from catalyst.canary.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
