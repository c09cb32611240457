"""The OCI profile says the same as the program, wider only by what the guard needs."""

import itertools
import json

import pytest

from catalyst.policy.model import SystemCalls, Tier
from catalyst.policy.syscalls import arguments, tiers
from catalyst.render.seccomp import oci

CASES = list(itertools.product(Tier, (False, True), oci.ARCHITECTURE))


@pytest.mark.parametrize(("tier", "datagrams", "machine"), CASES)
def test_it_allows_the_tier_and_the_guards_needs(tier: Tier, datagrams: bool, machine: str) -> None:
    rule = SystemCalls(tier, datagrams, memory_programs=datagrams)
    document = json.loads(oci.profile(rule, machine))
    assert document["defaultAction"] == "SCMP_ACT_ERRNO"
    assert document["architectures"] == [oci.ARCHITECTURE[machine]]
    allowed = {name for entry in document["syscalls"] if entry["action"] == "SCMP_ACT_ALLOW" for name in entry["names"]}
    assert allowed == tiers.allowed(tier) | tiers.GUARD
    for entry in document["syscalls"]:
        for name in entry["names"]:
            conditional = arguments.alternatives(name, rule) is not None
            assert ("args" in entry) == conditional
        # one condition per argument in an entry: runc would OR two on the same one
        indexes = [one["index"] for one in entry.get("args", [])]
        assert len(indexes) == len(set(indexes))
        assert all(one["op"] == "SCMP_CMP_MASKED_EQ" and one["value"] <= 0xFFFFFFFF for one in entry.get("args", []))


def test_clone3_is_not_there_so_that_glibc_falls_back() -> None:
    document = json.loads(oci.profile(SystemCalls(Tier.NORMAL, True, True), "x86_64"))
    assert [entry for entry in document["syscalls"] if "clone3" in entry["names"]] == [
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}
    ]
