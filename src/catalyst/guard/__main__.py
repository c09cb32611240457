"""`python3 -I -S catalyst/guard/__main__.py PLAN`: confine this process, start the workload, look after it."""

import sys

if __package__ in {None, ""}:
    # -I leaves the script's folder out of sys.path, so that nothing planted beside it is imported; the package is ours.
    sys.path.insert(0, __file__.removesuffix("/catalyst/guard/__main__.py"))

from catalyst.guard.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
