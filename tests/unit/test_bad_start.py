"""Bad input that is met on the way to a start, each in a process of its own: `up`, `run` and the guard.

Nothing is ever started: `bwrap` is a stand-in that tells its version and refuses everything else.
"""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalyst.instance.store import Store
from complaint import Answer, check, guard, real, write_plan

FAILED, USAGE, SETTINGS, ENGINE, UNENFORCEABLE = 1, 2, 4, 5, 6
STAND_IN = "#!/bin/sh\n[ \"$1\" = --version ] && echo 'bubblewrap {version}' || exit 1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Things that are not what a setting wants, and a PATH with the stand-in alone."""
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "empty").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "script").write_text("#!/bin/sh\n")
    _stand_in(tmp_path, "0.11.0")
    yield tmp_path
    shutil.rmtree(Store(str(tmp_path / "data")).folder, ignore_errors=True)  # root's is below /run


def _stand_in(folder: Path, version: str) -> None:
    program = folder / "bin/bwrap"
    program.write_text(STAND_IN.format(version=version))
    program.chmod(0o755)


def start(folder: Path, *words: str, command: str = "up", path: str = "{}/bin", **env: str) -> Answer:
    """`catalyst up` with the stand-in; `{}` stands for the folder."""
    given = [word.replace("{}", str(folder)) for word in (command, "--engine=bwrap", *words)]
    if not any(word.startswith("--data=") for word in given):
        given.append(f"--data={folder}/data")
    return real(*given, env={"PATH": path.replace("{}", str(folder)), **env}, cwd=folder)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--app=canary", "--data={}/file/below"), 'CATALYST_DATA "{}/file/below": '),
        (("--app=canary", "--data={}/file"), "CATALYST_DATA"),
        (("--app=canary", "--data={}/loop"), "CATALYST_DATA"),
        (("--app=canary", "--data=/proc/nothing"), 'CATALYST_DATA "/proc/nothing"'),
        (("--app=comfyui", "--comfyui={}/nowhere"), "COMFYUI_PATH"),
        (("--app=comfyui", "--comfyui={}/empty"), "not a comfyui checkout"),
        (("--comfyui={}/loop",), "COMFYUI_PATH"),
        (("--comfyui={}/file",), "not a comfyui checkout"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_folders_that_cannot_serve(folder: Path, words: tuple[str, ...], says: str) -> None:
    check(start(folder, *words), SETTINGS, says.replace("{}", str(folder)))
    assert not Store(str(folder / "data")).session.exists()


@pytest.mark.parametrize(
    ("python", "says"),
    [("{}/nowhere", "no such file"), ("{}/loop", "CATALYST_PYTHON"), ("{}/script", "script"), ("{}/empty", "directory")],
)
def test_interpreters_that_cannot_serve(folder: Path, python: str, says: str) -> None:
    for name in ("main.py", "comfyui_version.py"):
        (folder / "empty" / name).touch()
    check(start(folder, "--comfyui={}/empty", f"--python={python}"), SETTINGS, "CATALYST_PYTHON", says)


def test_a_port_that_is_taken(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        check(start(folder, "--app=canary", f"--port={port}"), FAILED, f"127.0.0.1:{port}", "in use")
    assert not Store(str(folder / "data")).session.exists()


@pytest.mark.parametrize("command", ["up", "run"])
def test_an_engine_that_is_missing(folder: Path, command: str) -> None:
    words = ["--", "true"] if command == "run" else ["--app=canary"]
    answer = start(folder, f"--data={folder}/data", *words, command=command, path="{}/empty")
    check(answer, ENGINE, "bwrap", "not installed")


def test_no_engine_at_all(folder: Path) -> None:
    answer = real("up", "--app=canary", f"--data={folder}/data", env={"PATH": f"{folder}/empty"}, cwd=folder)
    check(answer, ENGINE, "bwrap: ", "docker: ", "podman: ")


@pytest.mark.parametrize("version", ["0.7.9", "", "of no version"])
def test_an_engine_that_is_too_old(folder: Path, version: str) -> None:
    _stand_in(folder, version)
    check(start(folder, "--app=canary"), ENGINE, "older than 0.8.0")


@pytest.mark.parametrize("command", ["up", "run"])
def test_paranoid_refuses_what_cannot_be_enforced(folder: Path, command: str) -> None:
    """Nothing is started, nothing is left behind, and the message names control, layer and reason."""
    words = ["--", "true"] if command == "run" else ["--app=canary"]
    answer = start(folder, "--paranoid-mode", f"--data={folder}/data", *words, command=command)
    check(answer, UNENFORCEABLE, "control ", "PARANOID_MODE=true needs it", "outer: ", "inner: ")
    assert not Store(str(folder / "data")).session.exists()


def test_settings_come_from_the_real_environment(folder: Path) -> None:
    """The tests in test_bad_input.py set os.environ; here the kernel hands it over."""
    check(start(folder, SECURITY_LEVEL="weak"), SETTINGS, 'SECURITY_LEVEL is "weak"')
    check(start(folder, NETWORK_MODE="personal_cloud"), SETTINGS, 'NETWORK_MODE is "personal_cloud"')


@pytest.mark.parametrize("bad", ["lock", "folder", "writable"])
def test_a_store_that_is_not_ours_alone_is_refused(folder: Path, bad: str) -> None:
    """A link in the way of the lock, a link in place of the folder, a folder that others may write."""
    store = Store(str(folder / "data")).folder
    store.parent.mkdir(parents=True, exist_ok=True)
    if bad == "folder":
        (folder / "elsewhere").mkdir()
        store.symlink_to(folder / "elsewhere")
    else:
        store.mkdir(mode=0o700)
        store.chmod(0o777 if bad == "writable" else 0o700)
        (store / "lock").symlink_to("/nowhere")
    try:
        check(start(folder, "--app=canary"), SETTINGS, "CATALYST_DATA")
    finally:
        if store.is_symlink():
            store.unlink()


def test_roots_store_is_not_in_somebody_elses_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever owns the data directory could put links in root's way: root wrote passwd, group and hosts through them."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert tmp_path not in Store(str(tmp_path)).folder.parents
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert Store(str(tmp_path)).folder == tmp_path / ".catalyst"


@pytest.mark.parametrize("link", ["vault", "place"])
def test_a_vault_the_workload_can_reach_over_a_link_is_refused(folder: Path, link: str) -> None:
    data, elsewhere = folder / "data", folder / "elsewhere"
    data.mkdir()
    elsewhere.mkdir()
    (elsewhere / "v.age").touch()
    (data / "models").symlink_to(elsewhere)
    vault = elsewhere / "v.age"  # the place leads to its folder
    if link == "vault":
        (data / "input").mkdir()
        (data / "input/v.age").touch()
        vault = folder / "v.age"  # it leads into a place
        vault.symlink_to(data / "input/v.age")
    check(start(folder, f"--security-token-vault-path={vault}", "bubblewrap", command="render"), SETTINGS,
          "SECURITY_TOKEN_VAULT_PATH")  # fmt: skip


PLAN_FILE = "plan.json"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seccomp": []}, "'seccomp': unknown key"),
        ({"umask": ...}, "'umask': missing key"),
        ({"uid": "1000"}, "uid: must be int"),
        ({"uid": True}, "uid: must be int"),
        ({"uid": 0}, "uid: must be from 1"),
        ({"argv": ["/bin/true\0"]}, "argv[0]: must be text without NUL"),
        ({"cwd": "x" * (2 << 20)}, "larger than"),
        ({"version": 2}, "version"),
        ({"\x1b[31m": 1}, "unknown key"),
        ({"version": True}, "version"),
    ],
)  # fmt: skip
def test_a_plan_the_guard_refuses(folder: Path, change: dict[str, Any], says: str) -> None:
    check(guard(write_plan(folder, change)), USAGE, str(folder / PLAN_FILE), says)


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"{", "plan"), (b"\xff\xfe", "decode"), (b'{"version": 1, "version": 1}', "twice"), (b"[" * 100_000, "plan")],
    ids=["cut", "bytes", "twice", "deep"],
)  # fmt: skip
def test_a_file_that_is_no_plan(folder: Path, content: bytes, says: str) -> None:
    (folder / PLAN_FILE).write_bytes(content)
    check(guard(folder / PLAN_FILE), USAGE, says)


def test_a_plan_that_is_missing(folder: Path) -> None:
    check(guard(folder / "nowhere.json"), USAGE, "nowhere.json")
