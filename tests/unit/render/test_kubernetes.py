"""What the pod's objects say, object by object; their schemas are in tests/scanners."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
import yaml

from catalyst.egress.addresses import Kind, kinds
from catalyst.guard.record import replace
from catalyst.policy.build import build
from catalyst.render.target import Facts, Rendered, targets
from catalyst.settings import variables
from strategies import sandbox, settings_with

ADDRESSES = ("93.184.216.34", "10.1.2.3", "100.64.0.1", "169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192",
             "127.0.0.1", "0.0.0.0", "224.0.0.1", "240.0.0.1", "2606:4700::1", "fd00::1", "fd00:ec2::254", "fd20:ce::254",
             "fe80::1", "::1", "2002:7f00:1::1")  # fmt: skip


def _rendered(**options: str) -> Rendered:
    settings = settings_with(**options)
    ready = replace(sandbox(settings), variables=tuple(variables(settings).items()))
    return targets()["kubernetes"].render(build(settings), ready, Facts())


def _objects(**options: str) -> dict[str, Any]:
    return {one["kind"]: one for one in yaml.safe_load_all(_rendered(**options).text)}


def _let_out(policy: Any, address: str) -> bool:
    """As a network plug-in reads it: any block that holds the address, and no exception of that block."""
    blocks = [to["ipBlock"] for rule in policy["spec"]["egress"] for to in rule["to"] if "ipBlock" in to]
    found = ip_address(address)

    def inside(network: str) -> bool:
        one = ip_network(network)
        return one.version == found.version and found in one

    return any(inside(block["cidr"]) and not any(map(inside, block["except"])) for block in blocks)


@pytest.mark.parametrize("options", [
    {"security_level": "normal", "network_mode": "public"}, {"security_level": "high", "network_mode": "public"},
    {"network_mode": "restricted"}, {"network_mode": "restricted", "egress_allow": "10.0.0.0/8:8000"},
    {"network_mode": "isolated"},
])  # fmt: skip
def test_no_address_is_let_out_that_the_broker_never_reaches(options: dict[str, str]) -> None:
    policy = _objects(**options)["NetworkPolicy"]
    opened = {Kind.PUBLIC} if options["network_mode"] != "isolated" else set()
    if options.get("security_level") == "normal" or "egress_allow" in options:
        opened.add(Kind.PRIVATE)
    for address in ADDRESSES:
        assert _let_out(policy, address) == (kinds(ip_address(address)) <= opened), address


def test_every_volume_is_mounted_of_a_size_and_in_memory() -> None:
    spec = _objects(paranoid_mode="true")["StatefulSet"]["spec"]
    claims = {one["metadata"]["name"] for one in spec["volumeClaimTemplates"]}
    pod = spec["template"]["spec"]
    mounted = {one["name"] for container in pod["containers"] for one in container["volumeMounts"]}
    assert mounted == claims | {one["name"] for one in pod["volumes"]}
    assert all(one["emptyDir"]["medium"] == "Memory" and one["emptyDir"]["sizeLimit"] > 0 for one in pod["volumes"])


def test_each_container_may_write_one_of_the_two_ways() -> None:
    front, workload = _objects()["StatefulSet"]["spec"]["template"]["spec"]["containers"]
    mounts = [{one["name"]: one.get("readOnly", False) for one in each["volumeMounts"]} for each in (front, workload)]
    assert mounts[0].keys() & mounts[1].keys() == {"door", "out"}
    assert [{name for name, read_only in one.items() if read_only} for one in mounts] == [{"door"}, {"out"}]


def test_a_vault_is_a_secret_of_fronts_alone_which_the_owner_makes() -> None:
    vault = {"security_token_vault_path": "/srv/secrets/vault.age", "network_mode": "restricted"}
    assert "vault.age" not in _rendered(**vault).text
    pod = _objects(**vault)["StatefulSet"]["spec"]["template"]["spec"]
    front, workload = pod["containers"]
    assert {"name": "vault", "mountPath": "/run/secrets", "readOnly": True} in front["volumeMounts"]
    assert {"name": "SECURITY_TOKEN_VAULT_PATH", "value": "/run/secrets/catalyst-vault"} in front["env"]
    assert [one["secret"]["secretName"] for one in pod["volumes"] if "secret" in one] == ["catalyst-vault"]
    assert "vault" not in str(workload)
    assert "VAULT" not in str(_objects(**vault)["ConfigMap"])
    assert [gap.control for gap in _rendered(**vault).gaps if "vault" in gap.reason] == ["hidden-secrets"]


@pytest.mark.parametrize("options", [{}, {"security_token_vault_path": "/v.age", "network_mode": "isolated"}])
def test_without_one_or_a_use_for_it_there_is_none(options: dict[str, str]) -> None:
    assert "vault" not in _rendered(**options).text
    assert not [gap for gap in _rendered(**options).gaps if "vault" in gap.reason]


@pytest.mark.parametrize(("options", "scheme"), [({}, {}), ({"self_signed": "true"}, {"scheme": "HTTPS"})])
def test_the_kubelet_asks_as_the_gateway_answers(options: dict[str, str], scheme: dict[str, str]) -> None:
    """Over http a gateway with TLS looks dead, and its pod would be ended for it."""
    front = _objects(**options)["StatefulSet"]["spec"]["template"]["spec"]["containers"][0]
    for name, path in (("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
        assert front[name]["httpGet"] == {"path": path, "port": "http", **scheme}


WANTED = {"hf_repos_to_download": "owner/x", "models": "/srv/models.toml", "network_mode": "restricted"}


def test_models_are_fetched_by_a_container_that_ends_before_the_others_start() -> None:
    wanted = {**WANTED, "security_token_vault_path": "/srv/vault.age", "egress_allow": "10.0.0.0/8:8000"}
    pod = _objects(**wanted)["StatefulSet"]["spec"]["template"]["spec"]
    (fetch,), (front, workload) = pod["initContainers"], pod["containers"]
    given = {one["name"]: one["value"] for one in fetch["env"]}
    assert given == {"HF_REPOS_TO_DOWNLOAD": "owner/x", "CATALYST_MODELS": "/run/catalyst-models.toml",
                     "SECURITY_TOKEN_VAULT_PATH": "/run/secrets/catalyst-vault"}  # fmt: skip
    assert (fetch["args"], fetch["securityContext"]) == (["fetch"], front["securityContext"])
    mounts = {one["name"]: one for one in fetch["volumeMounts"]}
    # of what the workload writes the models alone, and of front's own nothing
    assert (mounts["data"]["mountPath"], mounts["data"]["subPath"]) == ("/data/models", "models")
    assert (mounts["state"]["mountPath"], mounts["state"]["subPath"]) == ("/data", "fetch")
    assert mounts.keys() & {one["name"] for one in workload["volumeMounts"]} == {"data"}
    assert mounts.keys() & {one["name"] for one in front["volumeMounts"]} == {"state", "vault"}
    (held,) = (one for one in front["volumeMounts"] if one["name"] == "state")
    assert (held["mountPath"], held["subPath"]) == ("/data", "front")
    assert "owner/x" not in str((front, workload, _objects(**wanted)["ConfigMap"]))
    assert "/srv" not in _rendered(**wanted).text
    assert "configmap catalyst-models --from-file=models.toml=/srv/models.toml" in str(_rendered(**wanted).gaps)
    (_, way) = _objects(**wanted)["NetworkPolicy"]["spec"]["egress"]
    assert {443, 8000} <= {one["port"] for one in way["ports"]}


@pytest.mark.parametrize("options", [{}, {**WANTED, "network_mode": "isolated"}])
def test_without_any_or_a_way_to_them_there_is_no_such_container(options: dict[str, str]) -> None:
    assert "initContainers" not in _rendered(**options).text
    said = [gap.reason for gap in _rendered(**options).gaps if "not fetched" in gap.reason]
    assert len(said) == bool(options)
    assert all("HF_REPOS_TO_DOWNLOAD" in one for one in said)
