"""One function turns an answer and a promise into a verdict."""

import pytest

from catalyst.audit.inside.judge import judge, stoppers, why_open
from catalyst.audit.inside.probe import FROM_HIGH, LEVELS, NETWORKS, SEALED, Probe, allowed, denied, unknown

PROBE = Probe("one", "read", "one", "general", "identity", ("docker", "guard"), lambda _: denied(""))
ANSWERS = {"held": denied("x"), "broken": allowed("x"), "unknown": unknown("x")}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("verdict", ANSWERS)
def test_what_is_promised_everywhere_is_held_or_broken_or_unknown(verdict: str, network: str, level: str) -> None:
    assert judge(PROBE, ANSWERS[verdict], level, network) == verdict
    assert why_open(PROBE, level, network) == ""


@pytest.mark.parametrize("verdict", ANSWERS)
def test_what_is_not_promised_is_open_whatever_came(verdict: str) -> None:
    from_high, sealed = PROBE._replace(levels=FROM_HIGH), PROBE._replace(networks=SEALED)
    never = PROBE._replace(open_because="by design")
    assert judge(from_high, ANSWERS[verdict], "normal", "isolated") == "open"
    assert judge(sealed, ANSWERS[verdict], "maximum", "public") == "open"
    assert judge(never, ANSWERS[verdict], "maximum", "isolated") == "open"
    assert judge(from_high, ANSWERS[verdict], "high", "public") == verdict
    assert judge(sealed, ANSWERS[verdict], "normal", "restricted") == verdict


def test_an_open_verdict_has_a_reason() -> None:
    both = PROBE._replace(levels=FROM_HIGH, networks=SEALED)
    assert why_open(both, "normal", "public") == "allowed by level normal and network mode public"
    assert why_open(both, "high", "public") == "allowed by network mode public"
    assert why_open(PROBE._replace(levels=(), open_because="by design"), "high", "public") == "by design"


def test_only_layers_of_this_sandbox_are_named() -> None:
    assert stoppers(PROBE, "docker") == "docker, guard"
    assert stoppers(PROBE, "bwrap") == "guard"
    assert stoppers(PROBE._replace(layers=()), "bwrap") == "-"
