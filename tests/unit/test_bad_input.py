"""Bad input through the command `catalyst`: refused by name, with the right exit code and a hint, and in one line.

In this process, so that hundreds of rows cost seconds; tests/unit/test_bad_start.py has the rows that need their own.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from catalyst.cli.main import main
from catalyst.instance.store import Store
from catalyst.settings import FIELDS
from complaint import Answer, check

USAGE, SETTINGS = 2, 4
MEGABYTE = "a" * (1 << 20)
ESCAPE = "\x1b[31mred\x1b]0;title\x07"
VARIABLES = {field.key: field.variable for field in FIELDS}
Command = Callable[..., Answer]


@pytest.fixture
def catalyst(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command in an empty folder; `{}` in a word stands for that folder. Keywords are environment variables."""
    monkeypatch.chdir(tmp_path)
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)

    def call(*words: str, **env: str) -> Answer:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        try:
            code = main([word.replace("{}", str(tmp_path)) for word in words])
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return Answer(code, out, err)

    return call


def _option(key: str) -> str:
    return f"--{key.replace('_', '-')}"


# setting, what is wrong with it, a part of the message
MALFORMED = [
    ("security_level", "weak", '"weak"; it must be normal, high or maximum'),  # another image's word
    ("security_level", "strong", '"strong"'),  # ComfyUI-Manager's
    ("security_level", "HIGH", '"HIGH"'),
    ("security_level", "high ", '"high "'),
    ("security_level", "2", '"2"'),
    ("network_mode", "personal_cloud", '"personal_cloud"; it must be public, restricted or isolated'),
    ("network_mode", "private", '"private"'),
    ("network_mode", "Paranoid", '"Paranoid"'),
    ("network_mode", "none", '"none"'),
    ("paranoid_mode", "maybe", '"maybe"; it must be true or false'),
    ("paranoid_mode", "2", '"2"'),
    ("paranoid_mode", "true\n", r'"true\n"'),
    ("enable_forensic_cleanup", "ja", '"ja"'),
    ("enable_forensic_cleanup", "-1", '"-1"'),
    ("security_token_vault_path", "/a:b", "colon"),
    ("security_token_vault_path", "/a,readonly=false", "comma"),
    ("security_token_vault_path", "~nobodyhere/v.age", "SECURITY_TOKEN_VAULT_PATH"),
    ("engine", "lxc", '"lxc"; it must be auto, docker, podman or bwrap'),
    ("engine", "Docker", '"Docker"'),
    ("app", "fooocus", '"fooocus"'),
    ("gpu", "all", '"all"'),
    ("data", "/srv/a:b", "colon"),
    ("data", "/srv/a,b", "comma"),
    ("comfyui", "/srv/a,b", "comma"),
    ("python", "/srv/a:b", "colon"),
    ("bind", "example.org", '"example.org"; it must be an IP address'),
    ("bind", "127.1", '"127.1"'),
    ("bind", "127.0.0.1:80", '"127.0.0.1:80"'),
    ("port", "70000", '"70000"; it must be a whole number from 0 to 65535'),
    ("port", "-1", '"-1"'),
    ("port", "abc", '"abc"'),
    ("port", "8188.0", '"8188.0"'),
    ("port", "٨١٨٨", "CATALYST_PORT"),  # digits, but not ours
    ("port", " 80", '" 80"'),
    ("port", "00000000070000", "00000000070000"),
    ("grace", "0000000010000", "0000000010000"),
    ("grace", "0", '"0"; it must be a whole number from 1 to 600'),
    ("user", "0", '"0"; it must be UID or UID:GID as numbers, and never 0'),
    ("user", "1000:0", '"1000:0"'),
    ("user", "000", '"000"'),
    ("user", "root", '"root"'),
    ("user", "1000:1000:1000", '"1000:1000:1000"'),
    ("user", "-1", '"-1"'),
    ("user", "99999999999", '"99999999999"'),
    ("image", "--privileged", '"--privileged"; it must be the name of an image'),
    ("comfyui_flags", "--listen", '"--listen"'),
    ("comfyui_flags", "--liste 0.0.0.0", '"--liste"'),
    ("comfyui_flags", "--listen=0.0.0.0", '"--listen=0.0.0.0"'),
    ("comfyui_flags", "--enable-cors", '"--enable-cors"'),
    ("comfyui_flags", "--enable-cors-header *", '"--enable-cors-header"'),
    ("comfyui_flags", "--out /etc", '"--out"'),
    ("comfyui_flags", "--database-url sqlite:////etc/x", '"--database-url"'),
    ("comfyui_flags", "--cpu; rm -rf /", '"--cpu;"'),
    ("comfyui_flags", "--cpu 'unclosed", "no closing quotation"),
    ("comfyui_flags", "--cuda-device", "--cuda-device takes 1"),
    ("comfyui_flags", "--cuda-device --listen", "--cuda-device takes 1"),
    ("comfyui_flags", "--cpu=1", "--cpu takes 0"),
    ("comfyui_flags", "--cuda-device=", "--cuda-device takes 1"),
    ("comfyui_flags", "--preview-method $(id)", "--preview-method takes 1"),
    ("comfyui_flags", "word", '"word"'),
]


@pytest.mark.parametrize(("key", "text", "says"), MALFORMED)
def test_a_malformed_value_on_the_command_line(catalyst: Command, key: str, text: str, says: str) -> None:
    check(catalyst("policy", "show", f"{_option(key)}={text}"), SETTINGS, VARIABLES[key], says)


@pytest.mark.parametrize(("key", "text", "says"), MALFORMED)
def test_a_malformed_value_in_the_environment(catalyst: Command, key: str, text: str, says: str) -> None:
    check(catalyst("policy", "show", **{VARIABLES[key]: text}), SETTINGS, VARIABLES[key], says)


@pytest.mark.parametrize("key", VARIABLES)
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("high\0", r"\x00"), ("a\nb", r"\n"), ("a\r", r"\r"), (ESCAPE, r"\x1b"), ("\x9b31m", r"\x9b"),
        ("a\u202eb", r"\u202e"), ("\udcff", r"\udcff"), (MEGABYTE, "1048576 characters"),
    ],
    ids=["nul", "newline", "return", "escape", "csi", "bidi", "surrogate", "megabyte"],
)  # fmt: skip
def test_what_no_setting_takes(catalyst: Command, key: str, text: str, says: str) -> None:
    """Each of the settings, because each has a parser of its own."""
    check(catalyst("policy", "show", f"{_option(key)}={text}"), SETTINGS, VARIABLES[key], says)


def test_a_value_is_shown_cut(catalyst: Command) -> None:
    answer = catalyst("policy", "show", "--security-level=" + "x" * 4096)
    check(answer, SETTINGS, "SECURITY_LEVEL", "…")


SOURCES = ("command line", "environment", "file")
WEAK = [
    ("security_level", "normal"), ("security_level", "high"), ("network_mode", "public"),
    ("network_mode", "restricted"), ("enable_forensic_cleanup", "false"),
]  # fmt: skip


def _give(tmp: Path, given: list[tuple[str, str, str]]) -> tuple[list[str], dict[str, str]]:
    """Each (source, key, value) where its source says."""
    words = [f"{_option(key)}={value}" for source, key, value in given if source == "command line"]
    env = {VARIABLES[key]: value for source, key, value in given if source == "environment"}
    lines = [f'{key} = "{value}"\n' for source, key, value in given if source == "file"]
    if lines:
        (tmp / "catalyst.toml").write_text("".join(lines))
    return words, env


@pytest.mark.parametrize("weaker", SOURCES)
@pytest.mark.parametrize("paranoid", SOURCES)
@pytest.mark.parametrize(("key", "value"), WEAK)
def test_paranoid_beside_something_weaker(
    catalyst: Command, tmp_path: Path, paranoid: str, weaker: str, key: str, value: str
) -> None:
    words, env = _give(tmp_path, [(paranoid, "paranoid_mode", "true"), (weaker, key, value)])
    answer = catalyst("policy", "show", *words, **env)
    check(answer, SETTINGS, "PARANOID_MODE=true", f"{VARIABLES[key]}={value}", "contradicts")
    named = {"command line": _option(key), "environment": f"environment {VARIABLES[key]}", "file": "catalyst.toml"}
    assert f"({named[weaker]})" in answer.err


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.2", "8.8.8.8", "2001:db8::1"])
@pytest.mark.parametrize(("key", "value"), [*WEAK[2:4], ("network_mode", "isolated"), ("paranoid_mode", "true")])
def test_an_address_others_can_reach(catalyst: Command, address: str, key: str, value: str) -> None:
    """In public mode encrypted or where told that it may be read; in the others not at all."""
    answer = catalyst("policy", "show", f"--bind={address}", f"{_option(key)}={value}")
    check(answer, SETTINGS, f"CATALYST_BIND{' is ' if value == 'public' else '='}{address}")
    assert ("without TLS" if value == "public" else "contradicts") in answer.err
    for told in ("--self-signed", "--plain-http"):
        again = catalyst("policy", "show", f"--bind={address}", f"{_option(key)}={value}", told)
        assert (again.code == 0) is (value == "public")


@pytest.mark.parametrize(("words", "says"), [
    (("--tls-certificate=/x",), "CATALYST_TLS_CERTIFICATE"), (("--tls-key=/x",), "CATALYST_TLS_KEY"),
    (("--tls-key=/x", "--tls-certificate=/y", "--self-signed"), "contradicts"),
    (("--allow-host=a b!",), "CATALYST_ALLOW_HOST"), (("--allow-host=http://a",), "CATALYST_ALLOW_HOST"),
    (("--trusted-proxy=example.net",), "CATALYST_TRUSTED_PROXY"),
    (("--trusted-proxy=10.0.0.1/8",), "CATALYST_TRUSTED_PROXY"),
])  # fmt: skip
def test_words_about_the_gateway(catalyst: Command, words: tuple[str, ...], says: str) -> None:
    check(catalyst("policy", "show", *words), SETTINGS, says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("security_level = ", "is not TOML"),
        ("[security]\nlevel = 'high'", 'unknown key "security"'),
        ("security_levl = 'high'", 'unknown key "security_levl"'),
        ("SECURITY_LEVEL = 'high'", 'unknown key "SECURITY_LEVEL"'),
        ('"\\u001b[31m" = 1', r"\x1b"),
        ("security_level = ['high']", "security_level must be"),
        ("security_level = 1979-05-27", "security_level must be"),
        ("port = 8188.5", "port must be"),
        ("security_level = 2", 'SECURITY_LEVEL is "2"'),
        ("paranoid_mode = 'perhaps'", 'PARANOID_MODE is "perhaps"'),
        ("port = true", 'CATALYST_PORT is "true"'),
        ("port = -1", '"-1"'),
        ('data = "/a\\u0000b"', r"\x00"),
        ('data = "a\\nb"', r"\n"),
        ("port = 1\nport = 2", "is not TOML"),
        ("data = '" + "a" * 5000 + "'", "5000 characters"),
        ("# " + "a" * 70_000, "larger than 65536 bytes"),
        ("x = " + "[" * 20_000, "is not TOML"),
        ("port = " + "9" * 5000, "is not TOML"),  # more digits than Python turns into a number
        ("port = 0x" + "f" * 5000, "port is too large"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("named", [True, False], ids=["config", "folder"])
def test_a_bad_settings_file(catalyst: Command, tmp_path: Path, text: str, says: str, named: bool) -> None:
    file = tmp_path / ("named.toml" if named else "catalyst.toml")
    file.write_text(text)
    check(catalyst("policy", "show", *(["--config", str(file)] if named else [])), SETTINGS, says)


def test_a_settings_file_is_named_as_it_is(catalyst: Command, tmp_path: Path) -> None:
    (tmp_path / "My.toml").write_text("port =")
    check(catalyst("policy", "show", "--config", "{}/My.toml"), SETTINGS, "My.toml")


@pytest.mark.parametrize("at", ["config", "folder"])
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda file: file.write_bytes(b"data = '\xff\xfe'"), "not UTF-8"),
        (lambda file: file.mkdir(), "not a regular file"),
        (lambda file: file.symlink_to(file.name), "too many levels of symbolic links"),
        (lambda file: file.symlink_to("/dev/zero"), "not a regular file"),
        (lambda file: (file.touch(), file.chmod(0o666)), "others may write it"),
        (lambda file: (file.touch(), file.chmod(0o620)), "others may write it"),
    ],
    ids=["bytes", "directory", "loop", "device", "world", "group"],
)  # fmt: skip
def test_a_settings_file_that_is_none(
    catalyst: Command, tmp_path: Path, make: Callable[[Path], object], says: str, at: str
) -> None:
    file = tmp_path / ("named.toml" if at == "config" else "catalyst.toml")
    make(file)
    check(catalyst("policy", "show", *(["--config", str(file)] if at == "config" else [])), SETTINGS, file.name, says)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("{}/nowhere.toml", "no such file"), ("a\nb", "no such file"), ("a\0b", "null byte"), (ESCAPE, "no such file"),
        ("", "--config"),
    ],
)  # fmt: skip
def test_a_settings_file_that_is_missing(catalyst: Command, name: str, says: str) -> None:
    check(catalyst("policy", "show", "--config", name), SETTINGS, "--config", says)


@pytest.mark.parametrize(
    "text",
    [
        "port =", "paranoid_mode = true\nsecurity_level = 'high'", "unknown = 1",
    ],
)  # fmt: skip
def test_the_name_of_a_settings_file_is_not_obeyed(catalyst: Command, tmp_path: Path, text: str) -> None:
    (tmp_path / "a\x1b[31m.toml").write_text(text)
    check(catalyst("policy", "show", "--config", "{}/a\x1b[31m.toml"), SETTINGS)




@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "COMMAND"),
        (("nosuch",), "nosuch"),
        (("policy",), "VIEW"),
        (("polic", "show"), "polic"),
        (("run",), "run needs a command"),
        (("run", "--"), "run needs a command"),
        (("render",), "target"),
        (("render", "nomad"), 'there is no target "nomad"'),
        (("policy", "explain", "seccomp"), 'there is no control "seccomp"'),
        (("policy", "diff", "normal", "weak"), "weak"),
        (("completion", "tcsh"), "tcsh"),
        (("policy", "show", "--security", "high"), "--security"),  # no abbreviations
        (("policy", "show", "--port"), "--port"),
        (("up", "--security-level", "high", "extra"), "extra"),
        (("down", "--engine", "docker"), "--engine"),
        (("policy", "diff", "normal", ESCAPE), "invalid choice"),
        pytest.param(("render", ESCAPE), "there is no target", id="target-escape"),
        pytest.param(("policy", "explain", ESCAPE), "there is no control", id="control-escape"),
        (("policy", "show", ESCAPE), "unrecognized"),
        (("policy", "show", MEGABYTE), "unrecognized"),
    ],
)  # fmt: skip
def test_a_command_line_that_makes_no_sense(catalyst: Command, words: tuple[str, ...], says: str) -> None:
    check(catalyst(*words), USAGE, says)


@pytest.mark.parametrize("words", [("status",), ("down",), ("logs",)])
@pytest.mark.parametrize("name", ["loop", "file", "file/below"])
def test_a_data_directory_that_is_none(catalyst: Command, tmp_path: Path, words: tuple[str, ...], name: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    answer = catalyst(*words, f"--data={{}}/{name}")
    assert answer.code in {1, SETTINGS}
    check(answer, answer.code, str(tmp_path / name))
    assert "rm " not in answer.err


@pytest.mark.parametrize("target", ["guard", "bubblewrap", "docker"])
def test_rendering_for_a_loop_is_refused_or_harmless(catalyst: Command, tmp_path: Path, target: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    answer = catalyst("render", target, "--data={}/loop")
    assert answer.code in {0, SETTINGS}
    assert "Traceback" not in answer.err


TEXTS = ("id", "app", "url", "level", "network", "state", "log")
GOOD = {**dict.fromkeys(TEXTS, ""), "engine": "bwrap", "pid": 4194303}


@pytest.mark.parametrize("command", ["status", "down"])
@pytest.mark.parametrize(
    "record",
    [
        "", "[]", "{}", "\0", "[" * 100_000, "null", json.dumps({**GOOD, "more": 1}), json.dumps({**GOOD, "pid": "2"}),
        json.dumps({**GOOD, "pid": 1}), json.dumps({**GOOD, "engine": None}),
    ],
    ids=["empty", "list", "object", "nul", "deep", "null", "more", "type", "init", "none"],
)  # fmt: skip
def test_a_damaged_record(
    catalyst: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: str, command: str
) -> None:
    """It is written by us alone; a full disk or an older version is enough to damage it."""
    monkeypatch.setattr("catalyst.instance.store.ROOTS", tmp_path / "run")
    folder = Store(str(tmp_path)).folder
    folder.mkdir(parents=True)
    (folder / "instance.json").write_text(record)
    check(catalyst(command, "--data={}"), 1, "instance.json", "cannot be read")


def test_an_engine_that_is_gone(catalyst: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalyst.instance.store.ROOTS", tmp_path / "run")
    folder = Store(str(tmp_path)).folder
    folder.mkdir(parents=True)
    (folder / "instance.json").write_text(json.dumps({**GOOD, "engine": "lxc"}))
    answer = catalyst("down", "--data={}")
    assert answer.code in {1, 5}
    check(answer, answer.code, "lxc")


@pytest.mark.parametrize("command", ["status", "down", "logs"])
def test_nothing_runs(catalyst: Command, command: str) -> None:
    check(catalyst(command, "--data={}/nowhere"), 1, "no instance runs on", "nowhere")
