"""`catalyst completion SHELL`."""

import argparse

from catalyst.errors import CatalystError


def completion(arguments: argparse.Namespace) -> int:
    """A script for the shell's own completion; made from the parser, so it never lags behind."""
    try:
        import shtab
    except ImportError as error:
        raise CatalystError("completion needs the package shtab", "pip install 'catalyst-comfyui[completion]'") from error
    from catalyst.cli.parser import build

    print(shtab.complete(build(), shell=arguments.shell))
    return 0
