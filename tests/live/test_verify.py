"""`catalyst verify` on every engine: nothing that is promised gets through, with both layers and with either alone.

`unknown` is no failure of confinement, but a probe that stays unknown on this machine proves nothing, so it is one here.
"""

import json
from typing import Any

import pytest

from support import Catalyst

CASES = [("normal", "public"), ("normal", "isolated"), ("high", "public"), ("high", "restricted"), ("maximum", "isolated")]


def verified(catalyst: Catalyst, level: str, network: str, *words: str) -> dict[str, Any]:
    done = catalyst("verify", "--json", *words, SECURITY_LEVEL=level, NETWORK_MODE=network)
    assert done.stdout.startswith("{"), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    bad = [(one["id"], one["errno"], one["evidence"], one["positive_control"]) for one in found["probes"]
           if one["outcome"] in {"broken", "unknown"}]  # fmt: skip
    assert bad == []
    assert [one for one in found["ablation"] if "did not start" in one["gets_through"]] == []
    assert done.returncode == 0, done.stderr
    return found


@pytest.mark.parametrize(("level", "network"), CASES)
@pytest.mark.parametrize("layers", ["both", "outer", "inner"])
def test_nothing_that_is_promised_gets_through(catalyst: Catalyst, level: str, network: str, layers: str) -> None:
    found = verified(catalyst, level, network, "--layers", layers)
    assert len(found["probes"]) + len(found["not_applicable"]) >= 370
    held = [one for one in found["probes"] if one["outcome"] == "held"]
    assert len(held) >= {"both": 270, "outer": 250, "inner": 230}[layers]


def test_every_probe_is_stopped_by_what_it_names(catalyst: Catalyst) -> None:
    """Ablation: what is held must get through once the controls it names are taken away, or it is a broken probe."""
    found = verified(catalyst, "maximum", "isolated", "--ablate")
    assert [one["id"] for one in found["probes"] if one["unproved"]] == []
    attributed = [one for one in found["probes"] if one["gets_through_without"]]
    assert len(attributed) >= 200
