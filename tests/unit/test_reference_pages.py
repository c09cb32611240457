"""docs/reference says of variables, controls, probes and exit codes what the code says. `pytest --update` writes it."""

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from catalyst import errors
from catalyst.audit.inside.attempt import load_all
from catalyst.audit.inside.probe import LEVELS, NETWORKS, Probe
from catalyst.audit.run import checks
from catalyst.policy.build import Control, controls
from catalyst.settings import FIELDS, PASSWORD_HASH, TOKENS, Field, Level, load
from catalyst.severity import Severity
from strategies import settings_with

FOLDER = Path(__file__).parents[2] / "docs/reference"
WRITTEN = "<!-- written from {source} by tests/unit/test_reference_pages.py: pytest --update -->"
CODES = {
    0: "fine: it did what was asked, and found nothing",
    errors.FAILED: "failed while working",
    errors.USAGE: "the command line, or what it names, does not make sense",
    3: "nothing, or not everything, could be judged: `audit`, `scan`, `verify`",
    errors.SETTINGS: "settings refused: unknown, malformed, or two that exclude each other; nothing was started",
    errors.ENGINE: "no engine that can be used: missing, too old, or its daemon does not answer",
    errors.UNENFORCEABLE: "a control that must hold cannot be enforced here; nothing was started",
    **{int(one): f"the worst finding, or attack that got through, is {one.name.lower()}" for one in Severity},
}
COLUMNS = ("attempt", "what it tries", "seen in", "control", "held by", "promised")


def _row(*cells: str) -> str:
    """A line of a table. There is no way to write a pipe in a cell that every reader of Markdown understands."""
    assert not any("|" in cell for cell in cells), cells
    return "| " + " | ".join(cells) + " |\n"


def _table(*head: str) -> str:
    return _row(*head) + "|" + "---|" * len(head) + "\n"


def _variable(field: Field) -> str:
    flag = f"`--{field.key.replace('_', '-')}`"
    default = f"`{field.default}`" if field.default else "none"
    values = ", ".join(f"`{one}`" for one in field.metavar.split("|"))
    return _row(f"`{field.variable}`", flag, values, default, field.help)


def variables() -> str:
    """Every setting, and the variables that are taken for tokens."""
    return f"""\
# Variables

{WRITTEN.format(source="src/catalyst/settings.py")}

{len(FIELDS)} settings. Each is a flag, a variable and a line of `catalyst.toml`, whose keys are the flags' names with
`_` for `-`; the first of the three that is there counts. An empty variable is an unset one. A value that is not understood
stops the program (exit 4). `catalyst policy show` lists all of them with where each value came from.

{_table("variable", "flag", "value", "default", "meaning")}{"".join(map(_variable, FIELDS))}
Without `CATALYST_DATA` the data directory is `/var/lib/catalyst` for root, else `$XDG_DATA_HOME/catalyst` or
`~/.local/share/catalyst`; in a container it is `/data`. Booleans take true, false, 1, 0, yes, no, on and off, in any case.
`NETWORK_MODE=paranoid`, an old name, means `isolated`.

## Tokens

{", ".join(f"`{one}`" for one in TOKENS)} are no settings:
they are taken out of the environment, used for downloads, and passed on to nobody ([tokens](../guides/tokens.md)).

## Password

`{PASSWORD_HASH}` is none either: in a container it is the [hash of the password](../guides/pods.md#logging-in) to log in
with, taken out of the environment too.
"""


def _changes(control: Control) -> str:
    """At which levels a control states what, with everything else at its default."""
    said = {level.name.lower(): [*control.rules(settings_with(security_level=level.name.lower()))] for level in Level}
    if not any(said.values()):
        return "when a setting asks for it"
    same = [name for name in said if said[name] == said["normal"]]
    return "the same at every level" if len(same) == len(said) else "stricter with the level"


def _insists(control: Control) -> str:
    return "from `high` on it must hold, or nothing starts" if control.core else "reported, and must hold at `maximum`"


def _control(control: Control, probes: tuple[Probe, ...]) -> str:
    mine = [probe for probe in probes if probe.control == control.id]
    also = [probe for probe in probes if control.id in probe.also]
    looked = [f"[{one.id}](checks.md#{one.id})" for one in checks() if one.control == control.id]
    told = (
        _insists(control), _changes(control),
        f"{len(mine)} [attempts](probes.md) are for it, and {len(also)} for others that it stops too",
        f"checks: {', '.join(looked) or 'of a running instance only'}",
    )  # fmt: skip
    return f"## {control.id}\n\n{control.title[0].upper()}{control.title[1:]}. Why: {control.why}.\n\n{' · '.join(told)}\n\n"


def control_page() -> str:
    """Every control with why it is there, and what proves it."""
    probes = load_all()
    return f"""\
# Controls

{WRITTEN.format(source="src/catalyst/policy/controls")}

{len(controls())} controls, one file each. `catalyst policy explain CONTROL` shows the rule that your settings lead to,
and which layer holds it on this machine; `catalyst doctor` does so for all of them.

""" + "".join(_control(one, probes) for one in controls())


def _promised(probe: Probe) -> str:
    if probe.open_because:
        return f"nowhere: {probe.open_because}"
    level = "" if probe.levels == LEVELS else f"from `{probe.levels[0]}` on"
    network = "" if probe.networks == NETWORKS else "in " + ", ".join(f"`{one}`" for one in probe.networks)
    return " ".join(filter(None, (level, network))) or "always"


def _probe(probe: Probe) -> str:
    return _row(f"`{probe.id}`", probe.title, probe.origin, f"[{probe.control}](controls.md#{probe.control})",
                ", ".join(probe.layers) or "nobody", _promised(probe))  # fmt: skip


def probe_page() -> str:
    """Every attempt, by theme."""
    probes = load_all()
    themes = dict.fromkeys(sorted(probe.theme for probe in probes))
    return f"""\
# Attempts of `catalyst verify`

{WRITTEN.format(source="src/catalyst/audit/probes")}

{len(probes)} attempts, one file each. *Seen in* is an [incident](../concepts/threats.md) (I3), a CVE, or a program
that tries the same. *Held by* names who stops it alone: an engine, or the guard. *Promised* is where it is promised to be
stopped. [How to use it](../guides/verify.md).

""" + "\n".join(f"## {theme[0].upper()}{theme[1:]}\n\n{_table(*COLUMNS)}"
                + "".join(_probe(one) for one in probes if one.theme == theme) for theme in themes)  # fmt: skip


def _failures() -> list[type[errors.CatalystError]]:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.CatalystError)]
    return sorted(set(kinds) - {errors.CatalystError}, key=lambda kind: (kind.exit_code, kind.__name__))


def _failure(kind: type[errors.CatalystError]) -> str:
    return _row(str(kind.exit_code), f"`{kind.__name__}`", (inspect.getdoc(kind) or "").partition("\n")[0])


def exit_codes() -> str:
    """What each code means, and which failure has which."""
    return f"""\
# Exit codes

{WRITTEN.format(source="src/catalyst/errors.py and severity.py")}

{_table("code", "meaning")}{"".join(_row(str(code), meaning) for code, meaning in sorted(CODES.items()))}
`catalyst run` answers with its command's code, and with 128 + N where signal N ended it; Ctrl-C is 130.

## Failures

Every failure is one class. It prints one line `catalyst: error:` and, where there is something to do, one line
`catalyst: hint:`, both on stderr. `WorkloadFailed` has the code that the guard gave, if it gave one: 6 where it refused
to start the workload.

{_table("code", "failure", "what happened")}{"".join(map(_failure, _failures()))}"""


PAGES: dict[str, Callable[[], str]] = {
    "variables": variables, "controls": control_page, "probes": probe_page, "exit-codes": exit_codes,
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_the_code_says(name: str, request: pytest.FixtureRequest) -> None:
    file, found = FOLDER / f"{name}.md", PAGES[name]()
    if request.config.getoption("--update"):
        file.write_text(found, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == found, "if it is meant: pytest --update, and review the diff"


def test_every_failure_has_a_code_that_is_explained() -> None:
    assert {kind.exit_code for kind in _failures()} <= set(CODES)
    assert all(inspect.getdoc(kind) for kind in _failures())


def test_the_data_directory_is_where_the_page_says() -> None:
    """The one default that depends on who asks, and so stands in no table."""
    for environ, folder in (({"XDG_DATA_HOME": "/x"}, "/x/catalyst"), ({"HOME": "/h"}, "/h/.local/share/catalyst")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("os.geteuid", lambda: 1000)
            assert load({}, environ).data == folder
            patch.setattr("os.geteuid", lambda: 0)
            assert load({}, environ).data == "/var/lib/catalyst"
