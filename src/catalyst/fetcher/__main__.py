"""`python3 -I -S catalyst/fetcher/__main__.py REQUEST`: do what the file REQUEST says, one JSON document a line out."""

import sys
from pathlib import Path

if __package__ in {None, ""}:
    # -I leaves the script's folder out of sys.path, so that nothing planted beside it is imported; the package is ours.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from catalyst.fetcher.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
