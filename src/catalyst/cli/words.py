"""What a command line is made of: commands, and the options that many of them share."""

import argparse
from typing import NoReturn, TypeAlias

from catalyst.errors import plain
from catalyst.settings import FIELDS, Field


class Parser(argparse.ArgumentParser):
    """argparse with our words for errors."""

    def error(self, message: str) -> NoReturn:
        import sys

        print(f"catalyst: error: {plain(message)}\ncatalyst: hint: {self.prog} --help", file=sys.stderr)
        sys.exit(2)


WIDTH = 100  # of help text; asking the terminal imports shutil for every option


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Help of a fixed width."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=WIDTH)


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


def command(
    commands: Commands, name: str, text: str, function: str = ""
) -> argparse.ArgumentParser:
    """A command, or an act of one. `function`, or its name, is that of the function, in the file of its first word."""
    parser = commands.add_parser(name, help=text, description=text, allow_abbrev=False, formatter_class=Formatter)

    def call(arguments: argparse.Namespace) -> int:
        """Imports the command's file only when it is used: the start of `catalyst run` is measured (bench/start.py)."""
        from importlib import import_module

        module = import_module(f"catalyst.cli.commands.{(function or name).partition('_')[0]}")
        return int(getattr(module, function or name)(arguments))

    parser.set_defaults(call=call)
    return parser


def settings(parser: argparse.ArgumentParser, only: tuple[str, ...] = ()) -> None:
    """A flag for every setting, or for those of `only`, and where they are read from."""
    group = parser.add_argument_group("settings")
    for field in FIELDS:
        if not only or field.key in only:
            _flag(group, field)
    group.add_argument("--config", metavar="FILE", help="read settings from FILE instead of ./catalyst.toml")


def _flag(group: "argparse._ArgumentGroup", field: Field) -> None:
    text = f"{field.help} [{field.variable}; default: {field.default or 'none'}]".replace("%", "%%")
    name = f"--{field.key.replace('_', '-')}"
    if field.metavar == "BOOL":
        group.add_argument(name, dest=field.key, nargs="?", const="true", metavar="BOOL", help=text)
    else:
        group.add_argument(name, dest=field.key, metavar=field.metavar, help=text)


def passphrase(parser: argparse.ArgumentParser) -> None:
    """For commands that open the vault."""
    parser.add_argument("--passphrase-fd", type=int, metavar="N", help="read the identity's passphrase from descriptor N")


def json(parser: argparse.ArgumentParser) -> None:
    """For commands that print a table."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")
