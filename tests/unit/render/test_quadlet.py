"""Units of podman's quadlet: what `podman run` is told, in keys that are documented, and front beside it."""

import re
import shlex
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.errors import PathRefused
from catalyst.guard.record import replace
from catalyst.policy.build import build
from catalyst.render import unit
from catalyst.render.dialects import PODMAN
from catalyst.render.target import Facts, targets
from catalyst.render.targets import quadlet
from catalyst.settings import Settings
from strategies import facts, sandbox, settings_with
from unit.render.test_promises import ALL

GUIDE = Path(__file__).parents[3] / "docs/guides/containers.md"
# podman-systemd.unit(5) of podman 4.9.3, the tables "Valid options for [Container]", "[Volume]" and "[Network]", as far as
# they are used here; Type= has no row in that table, but a paragraph. A key that a generator does not know ends the unit.
DOCUMENTED = {
    "Container": {
        "AddCapability", "AddDevice", "ContainerName", "DropCapability", "Environment", "Exec", "Group", "HealthCmd",
        "HealthInterval", "HealthRetries", "HealthStartPeriod", "HealthTimeout", "HostName", "Image", "Mount", "Network",
        "NoNewPrivileges", "Notify", "PidsLimit", "PodmanArgs", "PublishPort", "Pull", "ReadOnly", "ReadOnlyTmpfs",
        "SeccompProfile", "ShmSize", "Tmpfs", "User", "UserNS", "Volume",
    },
    "Volume": {"Device", "Options", "Type", "VolumeName"},
    "Network": {"NetworkName"},
    "Unit": {"Description", "Requires", "After"},
    "Service": {"Restart", "RestartPreventExitStatus", "Type", "RemainAfterExit"},
    "Install": {"WantedBy"},
}  # fmt: skip
# Those of which every line counts, by the same page; of any other the last one is taken.
REPEATED = {"AddCapability", "AddDevice", "DropCapability", "Environment", "Mount", "Network", "PodmanArgs", "PublishPort",
            "Tmpfs", "Volume"}  # fmt: skip
Unit = list[tuple[str, str, str]]


def text(settings: Settings, host: Facts | None = None) -> str:
    return targets()["quadlet"].render(build(settings), sandbox(settings), host or Facts()).text


def units(settings: Settings, host: Facts | None = None) -> dict[str, Unit]:
    """Section, key and value of each line, by unit."""
    found: dict[str, Unit] = {}
    for one in text(settings, host).split("---\n"):
        head, *lines = one.splitlines()
        section, read = "", found.setdefault(head.removeprefix("# FileName="), [])
        for line in filter(None, lines):
            if line.startswith("["):
                section = line.strip("[]")
            else:
                key, _, value = line.partition("=")
                read.append((section, key, value))
    return found


def values(one: Unit, key: str) -> list[str]:
    return [value for _, name, value in one if name == key]


@given(settings=st.sampled_from(ALL), host=facts())
def test_every_key_is_documented_and_none_is_lost_for_being_said_twice(settings: Settings, host: Facts) -> None:
    for name, one in units(settings, host).items():
        assert {(section, key) for section, key, _ in one if key not in DOCUMENTED[section]} == set(), name
        twice = {key for (_, key), count in Counter((section, key) for section, key, _ in one).items() if count > 1}
        assert twice <= REPEATED, name


@given(settings=st.sampled_from(ALL), host=facts())
def test_the_workload_has_no_network_no_capability_and_no_port(settings: Settings, host: Facts) -> None:
    found = units(settings, host)
    workload, front = found["catalyst-workload"], found["catalyst-front"]
    assert values(workload, "Network") == ["none"]
    assert values(workload, "PublishPort") == []
    for one in (workload, front):
        assert values(one, "DropCapability") == ["ALL"]
        assert values(one, "NoNewPrivileges") == ["true"]
        assert values(one, "Pull") == ["never"]
        assert not values(one, "AddCapability")
        assert not [value for _, _, value in one if "privileged" in value.replace("no-new-privileges", "")]
    assert values(front, "Network") == ["catalyst.network"]
    assert values(front, "ReadOnly") == ["true"]


@given(settings=st.sampled_from(ALL), host=facts())
def test_both_are_one_user_in_one_mapping_and_share_the_sockets_alone(settings: Settings, host: Facts) -> None:
    found = units(settings, host)
    workload, front = found["catalyst-workload"], found["catalyst-front"]
    for key in ("User", "Group", "UserNS"):
        assert values(workload, key) == values(front, key)
    assert bool(values(workload, "UserNS")) is not host.root
    ways = {"catalyst-door", "catalyst-out"} if settings.network_mode.name != "ISOLATED" else {"catalyst-door"}
    named = [{one.partition(".")[0] for one in values(one, "Volume")} for one in (workload, front)]
    assert named == [ways, {"catalyst-state", *ways}]
    assert [one for one in values(workload, "Volume") if ":ro," in one] == [
        f"{name}.volume:/run/catalyst/out:ro,noexec,nosuid,nodev" for name in sorted(ways - {"catalyst-door"})
    ]
    assert "catalyst-door.volume:/run/catalyst/door:ro,noexec,nosuid,nodev" in values(front, "Volume")
    owner = "uid=1000,gid=1000" if host.root else "uid=0,gid=0"
    assert all(owner in values(found[name], "Options")[0] for name in ways)


@pytest.mark.parametrize(("given", "asked"), [({}, "-fsS http"), ({"self_signed": "true"}, "-fsSk https")])
def test_front_is_asked_as_it_answers(given: dict[str, str], asked: str) -> None:
    (command,) = values(units(settings_with(**given))["catalyst-front"], "HealthCmd")
    option, scheme = asked.split()
    assert command == f'["curl", "{option}", "{scheme}://127.0.0.1:8188/healthz"]'


def test_the_vault_is_fronts_alone() -> None:
    found = units(settings_with(security_token_vault_path="/srv/secrets/vault.age"))
    assert values(found["catalyst-front"], "Mount") == [
        "type=bind,source=/srv/secrets/vault.age,target=/run/secrets/catalyst-vault,readonly",
        "type=bind,source=/srv/secrets/vault.age.key,target=/run/secrets/catalyst-vault-identity,readonly",
    ]
    assert "SECURITY_TOKEN_VAULT_PATH=/run/secrets/catalyst-vault" in values(found["catalyst-front"], "Environment")
    assert "vault" not in str(found["catalyst-workload"]).lower()


def test_the_certificate_is_fronts_alone_and_cannot_say_more_than_a_path() -> None:
    found = units(settings_with(tls_certificate="/etc/tls/a b.pem", tls_key="/etc/tls/50%.pem"))
    assert values(found["catalyst-front"], "Mount") == [
        '"type=bind,source=/etc/tls/a b.pem,target=/etc/tls/a b.pem,readonly"',
        "type=bind,source=/etc/tls/50%%.pem,target=/etc/tls/50%%.pem,readonly",
    ]
    assert not [one for one in values(found["catalyst-workload"], "Mount") if "tls" in one]
    with pytest.raises(PathRefused, match="comma"):
        text(settings_with(tls_certificate="/etc/tls/a,source=/etc/shadow", tls_key="/etc/tls/k"))


def test_a_start_that_cannot_succeed_is_not_tried_for_ever() -> None:
    """Settings, usage, and what cannot be enforced: the message is in the journal once."""
    for name in ("catalyst-front", "catalyst-workload"):
        assert values(units(settings_with())[name], "RestartPreventExitStatus") == ["2 4 6"]


def test_a_word_that_has_no_translation_stops_the_renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quadlet, "PODMAN", replace(PODMAN, extra=("--something-new=1",)))
    with pytest.raises(ValueError, match="no word for --something-new"):
        text(settings_with())


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1))
def test_a_word_arrives_as_it_is(said: str) -> None:
    """What systemd takes for more than itself is doubled; the rest is a shell's double quotes."""
    (arrived,) = shlex.split(unit.word(said))
    assert arrived.replace("%%", "%").replace("$$", "$") == said
    assert not re.search(r"(?<!%)%(%%)*(?!%)", arrived)


@pytest.mark.parametrize("said", ["a\nb", " a", 'a"', "a\\", ""])
def test_a_value_that_would_not_arrive_stops_the_renderer(said: str) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        unit.literal(said)


def test_the_guides_program_makes_files_of_it(tmp_path: Path) -> None:
    (program,) = re.findall(r"awk '([^']+)'", GUIDE.read_text(encoding="utf-8"))
    said = text(settings_with(network_mode="restricted"))
    subprocess.run(["awk", program], input=said, text=True, cwd=tmp_path, check=True)
    files = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert sorted(files) == ["catalyst-door.volume", "catalyst-front.container", "catalyst-out.volume",
                             "catalyst-state.volume", "catalyst-workload.container", "catalyst.network"]  # fmt: skip
    assert all(f"# FileName={name.rpartition('.')[0]}\n{file}" in said for name, file in files.items())


ASKED = {"hf_repos_to_download": "owner/repo", "models": "/srv/models.toml", "network_mode": "isolated",
         "security_level": "high", "security_token_vault_path": "/srv/secrets/vault.age"}  # fmt: skip


def test_models_come_by_a_unit_that_has_ended_before_the_workload_starts() -> None:
    """A oneshot is the one other type that a container's unit may have (podman-systemd.unit(5), "Service Type")."""
    found = units(settings_with(**ASKED))
    fetch, workload, front = found["catalyst-fetch"], found["catalyst-workload"], found["catalyst-front"]
    assert {(section, key, value) for section, key, value in fetch if section == "Service"} == {
        ("Service", "Type", "oneshot"), ("Service", "RemainAfterExit", "yes")}  # fmt: skip
    assert values(fetch, "Exec") == ["catalyst-entrypoint fetch"]
    for key in ("Requires", "After"):
        assert values(workload, key) == ["catalyst-front.service catalyst-fetch.service"]
    assert [one for one in values(fetch, "Mount") if "target=/data/models" in one and "readonly" not in one]
    assert [one for one in values(workload, "Mount") if "target=/data/models" in one and "readonly" in one]
    assert "type=bind,source=/srv/models.toml,target=/srv/models.toml,readonly" in values(fetch, "Mount")
    assert [one for one in values(fetch, "Mount") if "target=/run/secrets/catalyst-vault," in one]
    assert "catalyst-said.volume:/run/catalyst/said:ro,noexec,nosuid,nodev" in values(front, "Volume")
    assert "catalyst-said.volume:/run/catalyst/said:noexec,nosuid,nodev" in values(fetch, "Volume")
    assert not [one for one in values(workload, "Volume") if "said" in one or "fetched" in one]
    for other in (workload, front):
        assert not [one for one in values(other, "Environment") if "DOWNLOAD" in one or "CATALYST_MODELS" in one]
        assert "vault.age" not in str(other)
    for one in (fetch, front, workload):
        assert {(section, key) for section, key, _ in one if key not in DOCUMENTED[section]} == set()


def test_without_a_model_there_is_no_third() -> None:
    found = units(settings_with())
    assert "catalyst-fetch" not in found
    assert values(found["catalyst-workload"], "Requires") == ["catalyst-front.service"]
