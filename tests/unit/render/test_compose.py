"""compose.yaml: the workload's service is `docker run` in other words, and front has what the workload must not."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from catalyst.errors import PathRefused
from catalyst.guard.record import replace
from catalyst.policy.build import build
from catalyst.render.dialects import DOCKER
from catalyst.render.target import Facts, targets
from catalyst.render.targets import compose
from catalyst.settings import Settings, load, variables
from strategies import facts, sandbox, settings_with
from unit.render.test_promises import ALL


def document(settings: Settings, host: Facts | None = None) -> dict[str, Any]:
    text = targets()["compose"].render(build(settings), sandbox(settings), host or Facts()).text
    found: dict[str, Any] = yaml.safe_load(text)
    return found


@given(settings=st.sampled_from(ALL), host=facts())
def test_the_workload_has_no_network_no_capability_and_no_port(settings: Settings, host: Facts) -> None:
    services = document(settings, host)["services"]
    workload, front = services["workload"], services["front"]
    assert (workload["network_mode"], workload["cap_drop"], workload["user"]) == ("none", ["ALL"], "1000:1000")
    assert "no-new-privileges" in workload["security_opt"]
    assert not {"ports", "networks", "privileged", "pid", "cap_add", "env_file"} & workload.keys()
    assert front["cap_drop"] == ["ALL"]
    assert front["read_only"] is True
    assert "network_mode" not in front


@given(settings=st.sampled_from(ALL), host=facts())
def test_nothing_but_the_sockets_folders_is_shared(settings: Settings, host: Facts) -> None:
    services = document(settings, host)["services"]
    named = [{one.partition(":")[0] for one in services[name]["volumes"] if isinstance(one, str)} for name in services]
    way_out = settings.network_mode.name != "ISOLATED"
    assert named[0] & named[1] == ({"door", "out"} if way_out else {"door"})
    assert not any(isinstance(one, dict) for one in services["front"]["volumes"])
    if way_out:
        assert "out:/run/catalyst/out:ro" in services["workload"]["volumes"]
    assert "door:/run/catalyst/door:ro" in services["front"]["volumes"]


@given(settings=st.sampled_from(ALL))
def test_the_variables_make_the_same_settings_again(settings: Settings) -> None:
    again = load({"data": "/srv/data"}, environ=variables(settings))
    kept = {name: value for name, value in vars(settings).items() if name not in {"origin", "notices"}}
    assert {name: getattr(again, name) for name in kept} == kept


@pytest.mark.parametrize(("given", "check", "files"), [
    ({}, ["curl", "-fsS", "http://127.0.0.1:8188/healthz"], []),
    ({"self_signed": "true"}, ["curl", "-fsSk", "https://127.0.0.1:8188/healthz"], []),
    ({"tls_certificate": "/etc/tls/c.pem", "tls_key": "/etc/tls/k.pem"},
     ["curl", "-fsSk", "https://127.0.0.1:8188/healthz"], ["/etc/tls/c.pem", "/etc/tls/k.pem"]),
])  # fmt: skip
def test_the_front_is_asked_as_it_answers(given: dict[str, str], check: list[str], files: list[str]) -> None:
    """A check that asks in the clear what speaks TLS is red for ever, and the workload waits for it."""
    services = document(settings_with(**given))["services"]
    assert services["front"]["healthcheck"]["test"] == ["CMD", *check]
    bound = {name: [one for one in services[name]["volumes"] if isinstance(one, dict) and "/etc/tls" in one["source"]]
             for name in services}  # fmt: skip
    assert [(one["source"], one["target"]) for one in bound["front"]] == [(one, one) for one in files]
    assert all(one["read_only"] for one in bound["front"])
    assert bound["workload"] == []  # the key is not its business


@pytest.mark.parametrize("more", [{}, {"vault_identity": "/srv/secrets/key"}])
def test_the_vault_is_a_secret_of_fronts_alone(more: dict[str, str]) -> None:
    made = document(settings_with(security_token_vault_path="/srv/secrets/vault.age", **more))
    front, workload = made["services"]["front"], made["services"]["workload"]
    assert made["secrets"] == {
        "catalyst-vault": {"file": "/srv/secrets/vault.age"},
        "catalyst-vault-identity": {"file": more.get("vault_identity", "/srv/secrets/vault.age.key")},
    }
    assert front["secrets"] == ["catalyst-vault", "catalyst-vault-identity"]
    assert front["environment"]["SECURITY_TOKEN_VAULT_PATH"] == "/run/secrets/catalyst-vault"
    assert "secrets" not in str(workload)
    assert "VAULT" not in str(workload)
    assert "CATALYST_VAULT_IDENTITY" not in front["environment"]


def test_a_vault_that_nothing_would_use_is_shown_to_nobody() -> None:
    made = document(settings_with(security_token_vault_path="/srv/secrets/vault.age", network_mode="isolated"))
    assert "secrets" not in [*made, *made["services"]["front"], *made["services"]["workload"]]
    assert "VAULT" not in str(made)


def test_an_identity_that_no_container_can_be_given_is_refused() -> None:
    with pytest.raises(PathRefused, match="CATALYST_VAULT_IDENTITY"):
        document(settings_with(security_token_vault_path="/srv/secrets/vault.age", vault_identity="fd:3"))


def test_further_certificates_to_trust_are_shown_to_front() -> None:
    services = document(settings_with(extra_roots="/etc/corp.pem"))["services"]
    bound = {name: [one["source"] for one in services[name]["volumes"] if isinstance(one, dict)] for name in services}
    assert bound["front"] == ["/etc/corp.pem"]
    assert "/etc/corp.pem" not in bound["workload"]


def test_an_own_checkout_is_mounted_read_only_where_the_image_has_its_own() -> None:
    workload = document(settings_with())["services"]["workload"]
    code = [one for one in workload["volumes"] if isinstance(one, dict) and one["target"] == "/opt/comfyui"]
    assert [(one["source"], one["read_only"]) for one in code] == [("/srv/ComfyUI", True)]
    assert workload["environment"]["COMFYUI_PATH"] == "/opt/comfyui"
    assert workload["environment"]["CATALYST_PYTHON"] == "/srv/venv/bin/python"


def test_a_word_that_has_no_translation_stops_the_renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "DOCKER", replace(DOCKER, extra=("--something-new=1",)))
    with pytest.raises(ValueError, match="no word for --something-new"):
        document(settings_with())


@pytest.mark.parametrize(("options", "asked"), [({}, "-fsS http://"), ({"self_signed": "true"}, "-fsSk https://")])
def test_front_is_asked_as_it_answers(options: dict[str, str], asked: str) -> None:
    """The workload waits for `front` to be healthy; over http a gateway with TLS never is."""
    front = document(settings_with(**options))["services"]["front"]
    assert " ".join(front["healthcheck"]["test"]) == f"CMD curl {asked}127.0.0.1:8188/healthz"


ASKED = {"hf_repos_to_download": "owner/repo", "civitai_vaes_to_download": "1,2", "models": "/srv/models.toml"}


@pytest.mark.parametrize("level", ["normal", "high", "maximum"])
@pytest.mark.parametrize("mode", ["public", "restricted", "isolated"])
def test_models_come_by_a_third_container_that_has_ended_before_the_workload_starts(level: str, mode: str) -> None:
    """It alone writes models from `high` on, and its way to the sites is no other's: nothing leads from one to the other."""
    made = document(settings_with(**ASKED, security_level=level, network_mode=mode))
    fetch, workload, front = (made["services"][name] for name in ("fetch", "workload", "front"))
    assert workload["depends_on"] == {"front": {"condition": "service_healthy"},
                                      "fetch": {"condition": "service_completed_successfully"}}  # fmt: skip
    assert fetch["command"] == ["catalyst-entrypoint", "fetch"]
    assert (fetch["cap_drop"], fetch["read_only"], fetch["user"]) == (["ALL"], True, "1000:1000")
    assert "restart" not in fetch
    assert "ports" not in fetch
    assert fetch["healthcheck"] == {"disable": True}
    named = {name: {one.partition(":")[0] for one in made["services"][name]["volumes"] if isinstance(one, str)}
             for name in made["services"]}  # fmt: skip
    assert named["fetch"] == {"fetched", "said"}
    assert not {"fetched", "said"} & named["workload"]
    assert named["fetch"] & named["front"] == {"said"}
    assert "said:/run/catalyst/said:ro" in front["volumes"]
    bound = {one["target"]: one["read_only"] for one in fetch["volumes"] if isinstance(one, dict)}
    assert bound == {"/data/models": False, "/srv/models.toml": True}
    for name, value in {"HF_REPOS_TO_DOWNLOAD": "owner/repo", "CIVITAI_VAES_TO_DOWNLOAD": "1 2",
                        "CATALYST_MODELS": "/srv/models.toml", "NETWORK_MODE": mode}.items():  # fmt: skip
        assert fetch["environment"][name].replace(",", " ") == value
    for other in (workload, front):
        assert "DOWNLOAD" not in str(other)
        assert "models.toml" not in str(other)


def test_a_vault_is_the_models_too_where_nothing_else_would_use_it() -> None:
    made = document(settings_with(**ASKED, security_token_vault_path="/srv/secrets/vault.age", network_mode="isolated"))
    assert made["services"]["fetch"]["secrets"] == list(made["secrets"]) == ["catalyst-vault", "catalyst-vault-identity"]
    assert made["services"]["fetch"]["environment"]["SECURITY_TOKEN_VAULT_PATH"] == "/run/secrets/catalyst-vault"
    for other in ("front", "workload"):
        assert "secrets" not in made["services"][other]
        assert "VAULT" not in str(made["services"][other])


def test_without_a_model_there_is_no_third() -> None:
    made = document(settings_with())
    assert set(made["services"]) == {"front", "workload"}
    assert "fetched" not in made["volumes"]
    assert list(made["services"]["workload"]["depends_on"]) == ["front"]
