"""Where a setting's value comes from, how it is written, and what PARANOID_MODE implies."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from catalyst.errors import SettingsError
from catalyst.settings import FIELDS, Level, NetworkMode, Settings, environment, load, text_of


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`load` looks for catalyst.toml where it is started."""
    monkeypatch.chdir(tmp_path)


def given(options: Mapping[str, str] | None = None, toml: str = "", **env: str) -> Settings:
    """Settings from a command line, an environment and a catalyst.toml in this folder."""
    if toml:
        Path("catalyst.toml").write_text(toml)
    asked = {**options} if options else {}
    for key, other in (("tls_certificate", "tls_key"), ("tls_key", "tls_certificate")):  # one alone is refused
        if key in (options or {}) or env.get(VARIABLES[key]) or f"{key} = " in toml:
            asked.setdefault(other, "/other")
    return load(asked, environ=env)


# For each setting three values that differ from its default and from one another, as far as it has that many.
THREE = {
    "paranoid_mode": ("true", "false", "true"),
    "security_level": ("high", "maximum", "normal"),
    "network_mode": ("isolated", "restricted", "public"),
    "enable_forensic_cleanup": ("true", "false", "true"),
    "security_token_vault_path": ("/a/v.age", "/b/v.age", "/c/v.age"),
    "vault_identity": ("/a/key", "fd:3", "/c/key"),
    "token_placeholders": ("HF_TOKEN", "CIVITAI_API_KEY", "A_KEY B_TOKEN"),
    "extra_roots": ("/a", "/b", "/c"),
    "engine": ("docker", "podman", "bwrap"),
    "runtime": ("runsc", "crun", "/usr/bin/runc"),
    "app": ("comfyui", "canary", "auto"),
    "comfyui": ("/a", "/b", "/c"),
    "python": ("/a", "/b", "/c"),
    "data": ("/a", "/b", "/c"),
    "bind": ("127.0.0.2", "127.0.0.3", "127.0.0.4"),
    "port": ("1", "2", "3"),
    "allow_host": ("a.example", "b.example c.example:443", "localhost"),
    "trusted_proxy": ("127.0.0.1/32", "10.0.0.0/8 ::1/128", "192.168.0.0/16"),
    "tls_certificate": ("/a", "/b", "/c"),
    "tls_key": ("/a", "/b", "/c"),
    "self_signed": ("false", "true", "false"),
    "plain_http": ("true", "false", "true"),
    "session_idle": ("1", "2", "3"),
    "session_life": ("1", "2", "3"),
    "max_upload": ("1", "2", "3"),
    "metrics_port": ("1", "2", "3"),
    "gpu": ("nvidia", "amd", "intel"),
    "image": ("a", "b", "c"),
    "user": ("1:1", "2:2", "3:3"),
    "grace": ("1", "2", "3"),
    "comfyui_flags": ("--cpu", "--lowvram", "--novram"),
    "egress_allow": ("a.org", "b.org", "*.c.org:8443"),
    "egress_deny": ("a.org", "b.org", "*.c.org:8443"),
    "keep": ("input", "output", "user"),
    "wipe": ("output", "user", "cache"),
    "wipe_within": ("1", "2", "3"),
    "certificate": ("/x/c", "/y/c", "/z/c"),
    "disable_metadata": ("true", "false", "true"),
    "models": ("/a", "/b", "/c"),
    "models_allow": ("a" * 64, "b" * 64, f"{'c' * 64} {'d' * 64}"),
    "hf_repos_to_download": ("a/b", "b/c/d.gguf@main", "c/d e/f"),
    "civitai_checkpoints_to_download": ("1", "2", "3 4"),
    "civitai_loras_to_download": ("1", "2", "3 4"),
    "civitai_vaes_to_download": ("1", "2", "3 4"),
    "download_timeout": ("1", "2", "3"),
    "verify_checksums": ("false", "true", "false"),
}
# A setting that means something only beside another one.
BESIDE = {"wipe": {"enable_forensic_cleanup": "true"}}
VARIABLES = {field.key: field.variable for field in FIELDS}


def test_every_setting_is_in_the_table() -> None:
    assert THREE.keys() == VARIABLES.keys()


@pytest.mark.parametrize("key", THREE)
def test_the_command_line_beats_the_environment_beats_the_file(key: str) -> None:
    first, second, third = THREE[key]
    env, toml = {VARIABLES[key]: second}, f'{key} = "{third}"'
    beside = BESIDE.get(key, {})
    for found, value, origin in (
        (given({**beside, key: first}, toml, **env), first, f"--{key.replace('_', '-')}"),
        (given(beside, toml, **env), second, f"environment {VARIABLES[key]}"),
        (given(beside, toml), third, "catalyst.toml"),
    ):
        assert (text_of(getattr(found, key)), found.origin[key]) == (value, origin)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.key)
def test_the_default_comes_last_and_says_so(field: object) -> None:
    key, default = getattr(field, "key", ""), getattr(field, "default", "")
    found = given()
    assert found.origin[key] == "default"
    if key != "data":  # "auto" is decided at once
        assert text_of(getattr(found, key)) == ("127.0.0.1" if key == "bind" else default)


@pytest.mark.parametrize(("told", "mode", "address"), [
    ({}, "public", "127.0.0.1"), ({"self_signed": "true"}, "public", "0.0.0.0"),
    ({"plain_http": "true"}, "public", "0.0.0.0"),
    ({"tls_key": "/a"}, "public", "0.0.0.0"), ({"self_signed": "true"}, "restricted", "127.0.0.1"),
    ({"plain_http": "true"}, "isolated", "127.0.0.1"),
])  # fmt: skip
def test_where_it_is_published(told: dict[str, str], mode: str, address: str) -> None:
    assert given({**told, "network_mode": mode}).bind == address


@pytest.mark.parametrize("key", THREE)
def test_an_empty_variable_is_an_unset_one(key: str) -> None:
    """As with Docker's `-e NAME=` and compose's `${NAME:-}`; the file's value is not hidden by it."""
    assert given(None, "", **{VARIABLES[key]: ""}).origin[key] == "default"
    found = given(BESIDE.get(key), f'{key} = "{THREE[key][0]}"', **{VARIABLES[key]: ""})
    assert found.origin[key] == "catalyst.toml"


def test_a_named_file_replaces_the_one_in_the_folder(tmp_path: Path) -> None:
    Path("catalyst.toml").write_text("port = 1\ngrace = 5")
    other = tmp_path / "other.toml"
    other.write_text("port = 2")
    found = load({}, environ={}, config=other)
    assert (found.port, found.origin["port"], found.grace) == (2, str(other), 10)


@pytest.mark.parametrize(("word", "value"), [
    *[(word, True) for word in ("true", "True", "TRUE", "1", "yes", "Yes", "on", "ON", "tRuE")],
    *[(word, False) for word in ("false", "False", "FALSE", "0", "no", "NO", "off", "Off")],
])  # fmt: skip
def test_booleans_in_any_case(word: str, value: bool) -> None:
    assert given(None, "", ENABLE_FORENSIC_CLEANUP=word).enable_forensic_cleanup is value
    assert given({"enable_forensic_cleanup": word}).enable_forensic_cleanup is value
    assert given(None, f'enable_forensic_cleanup = "{word}"').enable_forensic_cleanup is value


@pytest.mark.parametrize(("line", "value"), [("true", True), ("false", False), ("1", True), ("0", False)])
def test_booleans_of_toml(line: str, value: bool) -> None:
    assert given(None, f"paranoid_mode = {line}").paranoid_mode is value


def test_numbers_of_toml() -> None:
    found = given(None, 'port = 9000\ngrace = 30\nuser = "1001:44"')
    assert (found.port, found.grace, found.user) == (9000, 30, (1001, 44))


def test_one_number_is_uid_and_gid() -> None:
    assert given({"user": "1234"}).user == (1234, 1234)


IMPLIED = {"security_level": Level.MAXIMUM, "network_mode": NetworkMode.ISOLATED, "enable_forensic_cleanup": True}


@pytest.mark.parametrize("source", ["command line", "environment", "file"])
def test_paranoid_implies_the_strictest_values(source: str) -> None:
    found = {
        "command line": lambda: given({"paranoid_mode": "true"}),
        "environment": lambda: given(PARANOID_MODE="true"),
        "file": lambda: given(None, "paranoid_mode = true"),
    }[source]()
    for key, value in IMPLIED.items():
        assert (getattr(found, key), found.origin[key]) == (value, "PARANOID_MODE=true")


def test_paranoid_beside_the_same_values_is_no_contradiction() -> None:
    found = given({"security_level": "maximum"}, "enable_forensic_cleanup = true",
                  PARANOID_MODE="1", NETWORK_MODE="paranoid")  # fmt: skip
    assert [getattr(found, key) for key in IMPLIED] == list(IMPLIED.values())


def test_paranoid_false_implies_nothing() -> None:
    found = given(PARANOID_MODE="false", SECURITY_LEVEL="normal", NETWORK_MODE="public")
    assert (found.security_level, found.network_mode) == (Level.NORMAL, NetworkMode.PUBLIC)


@pytest.mark.parametrize(
    ("found", "origin"),
    [
        (lambda: given({"network_mode": "paranoid"}), "--network-mode"),
        (lambda: given(NETWORK_MODE="paranoid"), "environment NETWORK_MODE"),
        (lambda: given(None, "network_mode = 'paranoid'"), "catalyst.toml"),
    ],
    ids=["command line", "environment", "file"],
)
def test_the_old_name_for_isolated_is_told_of(found: object, origin: str) -> None:
    settings = found()  # type: ignore[operator]  # a row of the table
    assert settings.network_mode is NetworkMode.ISOLATED
    assert len(settings.notices) == (2 if origin == "catalyst.toml" else 1)  # that a file was read is told too
    assert "isolated" in settings.notices[0]
    assert origin in settings.notices[0]


def test_without_it_there_is_nothing_to_tell() -> None:
    assert given(NETWORK_MODE="isolated").notices == ()


@pytest.mark.parametrize("key", ["comfyui", "python", "data", "security_token_vault_path"])
def test_paths_become_absolute_and_keep_their_links(key: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/usr")
    assert getattr(given({key: "link/x"}), key) == str(tmp_path / "link/x")
    home = str(Path.home())
    assert getattr(given({key: "~/x"}), key) == f"{home}/x"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
@pytest.mark.parametrize("mode", ["public", "restricted", "isolated"])
def test_loopback_is_fine_in_every_mode(address: str, mode: str) -> None:
    found = given({"bind": address, "network_mode": mode})
    assert found.bind == ("127.0.0.1" if address == "localhost" else address)


def test_root_keeps_data_in_the_systems_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert load({}, environ={"HOME": "/root", "XDG_DATA_HOME": "/x"}).data == "/var/lib/catalyst"


@pytest.mark.parametrize(
    ("env", "folder"),
    [
        ({"HOME": "/home/u"}, "/home/u/.local/share/catalyst"),
        ({"HOME": "/home/u", "XDG_DATA_HOME": "/x"}, "/x/catalyst"),
        ({"HOME": "/home/u", "XDG_DATA_HOME": ""}, "/home/u/.local/share/catalyst"),
    ],
)
def test_a_user_keeps_data_at_home(env: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert load({}, environ=env).data == folder


@pytest.mark.parametrize("home", ["/x,readonly=false", "/x:/y", "/x\ny", "/x\x1b[31m"])
def test_a_home_that_cannot_be_mounted_is_refused(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SettingsError):
        load({}, environ={"HOME": "/home/u", "XDG_DATA_HOME": home})


def test_a_relative_data_home_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert load({}, environ={"HOME": "/home/u", "XDG_DATA_HOME": "x"}).data == "/home/u/.local/share/catalyst"


def test_every_value_survives_being_written_and_read_again() -> None:
    """`up --detach` hands every setting over as words."""
    first = given({key: values[0] for key, values in THREE.items() if key not in {"security_level", "network_mode"}})
    again = given({field.key: text_of(getattr(first, field.key)) for field in FIELDS})
    assert [getattr(again, field.key) for field in FIELDS] == [getattr(first, field.key) for field in FIELDS]


def test_only_named_variables_are_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    monkeypatch.setenv("LANG", "C")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    assert environment("LANG", "DOCKER_HOST") == {"LANG": "C"}


@pytest.mark.parametrize("name", ["LD_PRELOAD", "PATH", "HF_ENDPOINT", "hf_token", "TOKEN", "A_TOKEN=x", "PYTHONPATH_KEY_"])
def test_a_placeholder_steers_no_program(name: str) -> None:
    with pytest.raises(SettingsError):
        load({"token_placeholders": name}, {})
