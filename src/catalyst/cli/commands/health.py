"""`catalyst health`."""

import argparse

from catalyst.cli import given
from catalyst.instance import down as looking


def health(arguments: argparse.Namespace) -> int:
    """0 and `ok` when ComfyUI answers through the gateway within three seconds, else 1."""
    good = bool(looking.status(given.settings(arguments, quiet=True))["answers"])
    print("ok" if good else "not ok")
    return 0 if good else 1
