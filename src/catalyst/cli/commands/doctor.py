"""`catalyst doctor`."""

import argparse

from catalyst.cli import given, output
from catalyst.engine.engine import Unusable
from catalyst.instance import examine
from catalyst.policy.requirement import words

# The table is what the layers are made to do on this host. It is no look at a running sandbox.
CLAIMS = (
    "the tables say what each layer is told to do on this host; on the processes of a running sandbox `up` checks identity, "
    "capabilities, no-new-privileges and system-calls, and ends a start that is not so"
)


def doctor(arguments: argparse.Namespace) -> int:
    """0 when at least one engine can be used, 5 when none can."""
    settings = given.settings(arguments)
    host, found = examine.host(settings), examine.engines_here(settings)
    usable = [one for one in found if not isinstance(one.found, Unusable)]
    if arguments.json:
        output.as_json({"host": host, "engines": [_as_json(one) for one in found]})
        return 0 if usable else 5
    output.table("this host", ("", ""), list(host.items()))
    print()
    output.table("engines", ("engine", "", "what to do"), [
        (one.engine, f"unusable: {one.found.why}", one.found.hint) if isinstance(one.found, Unusable)
        else (one.engine, f"usable: {one.found.note}", "") for one in found
    ])  # fmt: skip
    for one in usable:
        print()
        output.table(f"controls under {one.engine} at SECURITY_LEVEL={settings.security_level.name.lower()}, "
                     f"NETWORK_MODE={settings.network_mode.name.lower()}",
                     ("control", "outer layer: the engine", "inner layer: the guard", "together"),
                     [(name, *(words(said) for said in answer.layers.values()), words(answer.overall))
                      for name, answer in one.answers.items()])  # fmt: skip
    print(f"\n{CLAIMS}")
    return 0 if usable else 5


def _as_json(one: examine.Examined) -> dict[str, object]:
    if isinstance(one.found, Unusable):
        return {"engine": one.engine, "usable": False, "why": one.found.why, "hint": one.found.hint}
    controls = {
        name: {**{layer: words(said) for layer, said in answer.layers.items()}, "together": words(answer.overall)}
        for name, answer in one.answers.items()
    }
    return {"engine": one.engine, "usable": True, "note": one.found.note, "controls": controls}
