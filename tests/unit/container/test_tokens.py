"""A token may be in the workload's container where all of Landlock holds the workload, and what opens the vault is not its
to change."""

from pathlib import Path

import pytest

from catalyst.container import tokens
from catalyst.container.prepare import CONTAINER
from catalyst.errors import PathRefused, Unenforceable
from catalyst.guard.record import replace
from catalyst.instance.prepare import Prepared
from catalyst.policy.build import build
from catalyst.render.target import Facts, Rendered, targets
from catalyst.settings import TOKENS
from strategies import sandbox, settings_with

KERNEL = Facts(landlock=7, notify=True)


def ready(facts: Facts = KERNEL, **settings: str) -> Prepared:
    """A start in a container on such a kernel."""
    found = settings_with(**settings)
    policy, box = build(found), replace(sandbox(), private=("/data/.catalyst",))
    inner = targets()["guard"].render(policy, box, facts)
    return Prepared(found, CONTAINER, policy, box, facts, Rendered(), inner, {}, {})


@pytest.mark.parametrize("level", ["normal", "high", "maximum"])
@pytest.mark.parametrize("mode", ["public", "restricted", "isolated"])
def test_every_level_and_mode_holds_one_on_a_kernel_of_today(level: str, mode: str) -> None:
    tokens.insist(ready(security_level=level, network_mode=mode))


@pytest.mark.parametrize("abi", range(6))
def test_without_scopes_it_is_refused_and_the_kernel_is_named(abi: int) -> None:
    with pytest.raises(Unenforceable, match=rf"Linux 6\.12\), this kernel has {abi}"):
        tokens.insist(ready(replace(KERNEL, landlock=abi)))


def test_without_a_filter_it_is_refused() -> None:
    with pytest.raises(Unenforceable, match="no filter of system calls"):
        tokens.insist(ready(replace(KERNEL, machine="riscv64")))


def test_a_vault_of_the_hosts_must_be_mounted_by_itself_and_read_only(tmp_path: Path) -> None:
    (vault := tmp_path / "vault.age").touch()
    with pytest.raises(PathRefused, match="its folder must be one that is mounted"):
        tokens.insist(ready(security_token_vault_path=str(vault)))
    mounted = replace(KERNEL, submounts=frozenset({str(tmp_path.resolve())}))
    with pytest.raises(PathRefused, match="could open it to others"):
        tokens.insist(ready(mounted, security_token_vault_path=str(vault)))
    (key := tmp_path / "key").touch()
    with pytest.raises(PathRefused, match="could open it to others"):
        tokens.insist(ready(mounted, security_token_vault_path="/run/secrets/vault.age", vault_identity=str(key)))


def test_a_container_where_nothing_is_to_be_hidden_needs_no_rule_that_hides() -> None:
    """As the workload's own of two: a token in its variables is kept from it by the domain alone."""
    start = ready()
    box = replace(start.sandbox, private=())
    tokens.insist(replace(start, sandbox=box, inner=targets()["guard"].render(start.policy, box, KERNEL)))
    old = replace(KERNEL, landlock=5)
    with pytest.raises(Unenforceable, match=r"Linux 6\.12"):
        tokens.insist(replace(start, sandbox=box, inner=targets()["guard"].render(start.policy, box, old), facts=old))


def test_a_vault_in_sight_is_named_and_one_that_is_not_there_is_not(tmp_path: Path) -> None:
    assert tokens.vault_here(settings_with()) == []
    assert tokens.vault_here(settings_with(security_token_vault_path="/run/secrets/no-such")) == []
    (vault := tmp_path / "vault.age").touch()
    assert tokens.vault_here(settings_with(security_token_vault_path=str(vault))) == ["SECURITY_TOKEN_VAULT_PATH"]


def test_what_was_given_is_seen_whether_it_is_used_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TOKENS:
        monkeypatch.delenv(name, raising=False)
    assert not tokens.given(settings_with())
    monkeypatch.setenv("HF_TOKEN", "")  # an empty variable is an unset one
    assert not tokens.given(settings_with())
    assert tokens.given(settings_with(security_token_vault_path="/vault/vault.age"))
    monkeypatch.setenv("CIVITAI_TOKEN", "x")
    assert tokens.given(settings_with())
