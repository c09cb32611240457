"""Gated models come by `catalyst fetch` and before a start, and the token that opened them is nowhere in the downloader's
sandbox, in what it leaves, or at the hosts that its sites redirect to (model_sites.py, internet.py)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from catalyst.engine.engine import engines
from catalyst.guard.record import replace
from catalyst.instance import fetch, job, wanted
from catalyst.instance.store import Store
from catalyst.instance.tokens import Tokens
from catalyst.models.fetch.shelf import Shelf
from catalyst.secret import Secret
from catalyst.settings import load
from catalyst.vault import identity, vault
from catalyst.vault.files import Folder
from catalyst.vault.used import last_used
from catalyst.workloads import fetcher
from fetching import models
from live import internet
from live.model_sites import CHECKPOINT, CLOSED, COMMIT, EARLY, REPOSITORIES
from live.test_fetch import run
from live.test_tokens import credentials
from support import Catalyst, install, open_to_all
from vaults import ask, new, no_prompt, unlock

HERE = Path(__file__).parent
UID = 4344
SECRET = "hf_canary_fetch_0123456789abcdef"
FILE = "hf:owner/closed/vae/closed.safetensors"
SOURCES = (FILE, "hf:owner/private", "civitai:21", "civitai:11")
THERE = {"vae/closed.safetensors": CLOSED, **REPOSITORIES["owner/private"],
         "loras/early.safetensors": EARLY, "checkpoints/point.safetensors": CHECKPOINT}  # fmt: skip


@pytest.fixture
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An internet whose closed models are SECRET's."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="net-") as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "token").write_text(SECRET)
        yield Path(folder)


def a_vault(folder: Path, *hosts: str, value: str = SECRET, passphrase: str = "") -> str:
    """A vault with one token."""
    folder.mkdir(mode=0o700)
    path = str(folder / "vault.age")
    vault.create(path, [], Secret(passphrase) if passphrase else None, ask)
    vault.put(path, identity.find(path, "", "", lambda _: Secret(passphrase)), [new("HF_TOKEN", value, *hosts)], ask)
    return path


@pytest.fixture
def opened(tmp_path: Path) -> str:
    return a_vault(tmp_path / "vault", "huggingface.co", "civitai.com")


def said_nowhere(*texts: str, below: Path) -> None:
    """The token is in none of these, and in no file of the data directory."""
    files = [path for path in below.rglob("*") if path.is_file() and not path.is_symlink()]
    assert files
    assert not any(SECRET.encode() in path.read_bytes() for path in files)
    assert not any(SECRET in text for text in texts)


def test_without_a_token_the_closed_ones_are_refused(catalyst: Catalyst, net: Path) -> None:
    code, said, _ = run(catalyst, net, *SOURCES)
    assert (code, models(catalyst.data)) == (1, {"checkpoints/point.safetensors": CHECKPOINT})
    for name, host, token in (("vae/closed.safetensors", "huggingface.co", "HF_TOKEN"),
                              ("hf:owner/private", "huggingface.co", "HF_TOKEN"),
                              ("loras/early.safetensors", "civitai.com", "CIVITAI_TOKEN")):  # fmt: skip
        assert f"{host} wants a login" in said[name]["why"]
        assert f"no token for {host} was shown" in said[name]["hint"]
        assert said[name]["hint"].endswith(f"catalyst vault set {token} --host {host}")
    assert not (net / "credentials").exists()


@pytest.mark.parametrize("level", ["normal", "maximum"])
@pytest.mark.parametrize("mode", ["public", "isolated"])
def test_with_one_they_come(catalyst: Catalyst, net: Path, opened: str, level: str, mode: str) -> None:
    env = {"SECURITY_TOKEN_VAULT_PATH": opened, "SECURITY_LEVEL": level, "NETWORK_MODE": mode}
    code, said, err = run(catalyst, net, *SOURCES, f"--extra-roots={net}/ca.pem", **env)
    assert (code, models(catalyst.data)) == (0, THERE), (said, err)
    assert {host for host, said in credentials(net) if SECRET in said} == {"huggingface.co", "civitai.com"}
    assert all(SECRET in said for _, said in credentials(net)), "and nobody else's"
    said_nowhere(json.dumps(said), err, below=catalyst.data)
    with Folder(opened) as folder:
        assert set(last_used(folder)) == {"HF_TOKEN"}


def test_of_the_environment_too(catalyst: Catalyst, net: Path) -> None:
    env = {"HF_TOKEN": SECRET, "CIVITAI_API_KEY": SECRET}
    code, said, err = run(catalyst, net, *SOURCES, f"--extra-roots={net}/ca.pem", **env)
    assert (code, models(catalyst.data)) == (0, THERE), (said, err)
    assert "HF_TOKEN, CIVITAI_API_KEY of the environment" in err
    said_nowhere(json.dumps(said), err, below=catalyst.data)


@pytest.mark.parametrize("engine", ["bwrap"], indirect=True)
def test_it_goes_to_its_hosts_alone(catalyst: Catalyst, net: Path, tmp_path: Path) -> None:
    """One for HuggingFace is not CivitAI's, and one without a host is nobody's."""
    roots = f"--extra-roots={net}/ca.pem"
    path = a_vault(tmp_path / "one", "huggingface.co")
    code, said, err = run(catalyst, net, *SOURCES, roots, SECURITY_TOKEN_VAULT_PATH=path)
    assert (code, set(models(catalyst.data))) == (1, set(THERE) - {"loras/early.safetensors"}), (said, err)
    assert "no token for civitai.com was shown" in said["loras/early.safetensors"]["hint"]
    assert {host for host, _ in credentials(net)} == {"huggingface.co"}
    nobodys = a_vault(tmp_path / "none")
    _, said, err = run(catalyst, net, "civitai:21", roots, SECURITY_TOKEN_VAULT_PATH=nobodys)
    assert "token HF_TOKEN was not shown, because it names no host: catalyst vault set HF_TOKEN --host civitai.com" \
        in said["loras/early.safetensors"]["hint"]
    assert "civitai.com" not in {host for host, _ in credentials(net)}


@pytest.mark.parametrize("engine", ["bwrap"], indirect=True)
def test_one_that_is_not_enough_is_named(catalyst: Catalyst, net: Path, tmp_path: Path) -> None:
    """By its name; and one that its path keeps from a file, too."""
    roots = f"--extra-roots={net}/ca.pem"
    other = "hf_canary_of_somebody_else_01234"
    path = a_vault(tmp_path / "other", "huggingface.co", value=other)
    code, said, err = run(catalyst, net, FILE, roots, SECURITY_TOKEN_VAULT_PATH=path)
    one = said["vae/closed.safetensors"]
    assert (code, one["state"]) == (1, "failed")
    assert one["why"].endswith("(403)")
    assert "token HF_TOKEN was shown" in one["hint"]
    assert one["hint"].endswith("catalyst vault set HF_TOKEN --host huggingface.co")
    assert other not in json.dumps(said) + err
    vault.put(path, unlock(path), [replace(new("HF_TOKEN", SECRET, "huggingface.co"), paths=("/owner/else/",))], ask)
    _, said, _ = run(catalyst, net, FILE, roots, SECURITY_TOKEN_VAULT_PATH=path)
    assert "token HF_TOKEN is for huggingface.co and was not shown, because of its --path" \
        in said["vae/closed.safetensors"]["hint"]


@pytest.mark.parametrize("engine", ["bwrap"], indirect=True)
@pytest.mark.parametrize("word", ["correct horse battery", "wrong"])
def test_by_a_passphrase(catalyst: Catalyst, net: Path, tmp_path: Path, word: str) -> None:
    path = a_vault(tmp_path / "sealed", "huggingface.co", passphrase="correct horse battery")
    inner = [*catalyst.command, "fetch", "--engine=bwrap", f"--data={catalyst.data}", f"--extra-roots={net}/ca.pem",
             "--passphrase-fd=0", FILE]  # fmt: skip
    done = subprocess.run(internet.argv(net, inner), env=catalyst.env(SECURITY_TOKEN_VAULT_PATH=path), input=f"{word}\n",
                          capture_output=True, text=True, timeout=300, cwd="/")  # fmt: skip
    if word == "wrong":
        assert done.returncode == 1
        assert "the vault stays closed" in done.stderr
        assert models(catalyst.data) == {}
        assert not (net / "credentials").exists()
        return
    assert (done.returncode, models(catalyst.data)) == (0, {"vae/closed.safetensors": CLOSED}), done.stderr


# Fetches the closed file as the downloader does and stays, so that there is memory to look into.
CLIENT = f"""
import sys, time; sys.path.insert(0, "/opt/catalyst")
from catalyst.fetcher import web
site, have = "https://huggingface.co", b""
with web.get(site + "/owner/closed/resolve/{COMMIT}/vae/closed.safetensors", site, {{}}) as answer:
    while data := answer.read(1 << 20): have += data
print(len(have), flush=True)
time.sleep(600)  # it ends with the sandbox
"""
SEARCH = """
import io, json, subprocess, sys
pattern, plant, client = sys.argv[1:]
child = subprocess.Popen([sys.executable, "-I", "-S", "-c", client], stdout=subprocess.PIPE, text=True)
print(json.dumps({"key": "x", "got": child.stdout.readline().strip()}), flush=True)
if plant:
    value = bytes.fromhex(pattern[::-1]).decode()
    open("/tmp/planted", "w").write("x" + value)
    subprocess.Popen(["sleep", "600"], env={"HF_TOKEN": value})
sys.stdin = io.StringIO(pattern)
exec(compile(open("/data/cache/token_search.py").read(), "token_search.py", "exec"))
"""


def search(data: str, engine: str, vault_path: str, roots: str, plant: str) -> None:
    """In that internet: what a downloader that was taken over finds, printed. Run by the test below as a program."""
    settings = load({"data": data, "engine": engine, "security_token_vault_path": vault_path, "extra_roots": roots},
                    environ={"CATALYST_IMAGE": os.environ["CATALYST_IMAGE"]})  # fmt: skip
    Store(settings.data).prepare(settings.user)
    shelf = Shelf(Path(data) / "models", settings.user)
    staging = shelf.path / ".fetch"
    (staging / "token_search.py").write_text((HERE / "token_search.py").read_text())
    pattern = SECRET.encode().hex()[::-1]

    def make(_policy: Any, python: Any) -> Any:
        argv = (python.executable, "-c", SEARCH, pattern, plant, CLIENT)
        return replace(fetcher.workload(python, str(staging)), argv=argv)

    reading, _writing = os.pipe()
    confined = fetch._confined(settings, wanted.named([FILE]))
    with Tokens(settings, {}, no_prompt).lent() as lent, job.opened(confined, engines()[engine], make, tokens=lent) as one:
        ended = one.run(lambda line: print(line.decode(), flush=True), reading)
        assert ended.code == 0, ended
        print(json.dumps({"tokens": one.tokens()}), flush=True)


@contextmanager
def opened_to(data: Path) -> Iterator[str]:
    """A variable for a program that imports this file."""
    open_to_all(data.parent)
    yield f"{Path(fetch.__file__).parents[2]}:{HERE.parent}"


@pytest.mark.parametrize("plant", ["", "plant"])
def test_a_downloader_that_was_taken_over_finds_none(catalyst: Catalyst, net: Path, opened: str, plant: str) -> None:
    """And the control: what is planted is found."""
    words = (str(catalyst.data), catalyst.engine, opened, f"{net}/ca.pem", plant)
    code = f"from live.test_fetch_tokens import search; search{words!r}"
    with opened_to(catalyst.data) as path:
        done = subprocess.run(internet.argv(net, [sys.executable, "-P", "-c", code]), capture_output=True, text=True,
                              timeout=300, env=catalyst.env(PYTHONPATH=path))  # fmt: skip
    assert done.returncode == 0, done.stderr
    got, found, held = (json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
    assert got["got"] == str(len(CLOSED)), "the token was used"
    assert [one["name"] for one in held["tokens"] if one["used"]] == ["HF_TOKEN"]
    looked, hits = found["looked"], found["hits"]
    assert looked["memory"] > 20
    assert looked["files"] > 20
    assert looked["environ"] > 0
    assert looked["broker"] > 10
    if plant:
        assert "/tmp/planted" in hits
        assert [one for one in hits if one.endswith("/environ")]
    else:
        assert hits == []
    assert {host for host, said in credentials(net) if SECRET in said} == {"huggingface.co"}


UP = """
    "$@" >{net}/url 2>{net}/err & pid=$!
    for _ in $(seq 1200); do grep -q http {net}/url && break; kill -0 $pid || break; sleep 0.1; done
    {end}"""


@pytest.mark.parametrize("engine", ["bwrap"], indirect=True)
@pytest.mark.parametrize("mode", ["isolated", "restricted"])
@pytest.mark.parametrize("detached", [False, True])
def test_up_gets_them_before_the_start(catalyst: Catalyst, net: Path, opened: str, mode: str, detached: bool) -> None:
    """In `isolated` the workload has no broker; the models' own had the token."""
    argv = [*catalyst.command, "up", "--engine=bwrap", f"--data={catalyst.data}", "--app=canary", "--port=0",
            f"--extra-roots={net}/ca.pem", *(["--detach"] if detached else [])]  # fmt: skip
    down = " ".join([*catalyst.command, "down", f"--data={catalyst.data}"])
    end = f"wait $pid && {down}" if detached else "kill -TERM $pid; wait $pid"
    env = catalyst.env(NETWORK_MODE=mode, SECURITY_TOKEN_VAULT_PATH=opened, CIVITAI_LORAS_TO_DOWNLOAD="21",
                       HF_REPOS_TO_DOWNLOAD="owner/closed,owner/private")  # fmt: skip
    done = subprocess.run(internet.argv(net, ["sh", "-c", UP.format(net=net, end=end), "sh", *argv]), env=env,
                          capture_output=True, text=True, timeout=300, cwd="/")  # fmt: skip
    err = (net / "err").read_text()
    assert (done.returncode, (net / "url").read_text()[:4]) == (0, "http"), err
    assert {**models(catalyst.data), "checkpoints/point.safetensors": CHECKPOINT} == THERE, err
    assert {host for host, said in credentials(net) if SECRET in said} == {"huggingface.co", "civitai.com"}
    said_nowhere(err, done.stdout, done.stderr, below=catalyst.data)


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is made by root")
@pytest.mark.parametrize("engine", ["bwrap"], indirect=True)
@pytest.mark.parametrize("uid", [UID, 0])
def test_the_guard_alone_has_one_where_it_can_keep_it(engine: str, tmp_path: Path, net: Path, uid: int) -> None:
    """Root's files are not the downloader's; an ordinary user's would be, the vault and its identity among them."""
    open_to_all(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    install(tmp_path / "lib", "cryptography", "pyrage")
    (tmp_path / "bin").mkdir()
    path = a_vault(home / "vault", "huggingface.co")
    for one in (home, *home.rglob("*")):
        os.chown(one, uid, uid)
    become = ["/usr/bin/setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"] if uid else []
    env = {"HOME": str(home), "PYTHONPATH": str(tmp_path / "lib"), "XDG_RUNTIME_DIR": str(home)}
    user = Catalyst("", home / "data", env, [*become, "/usr/bin/python3", "-m", "catalyst"])
    inner = [*user.command, "fetch", f"--data={user.data}", "--json", f"--extra-roots={net}/ca.pem", FILE]
    argv = internet.argv(net, ["/usr/bin/env", f"PATH={tmp_path}/bin", *inner])
    env = {**user.env(SECURITY_LEVEL="high", SECURITY_TOKEN_VAULT_PATH=path), "PATH": os.environ["PATH"]}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=120, cwd="/")
    assert "held by the guard alone" in done.stderr
    if uid:
        assert "no token is used: the guard alone cannot keep" in done.stderr
        assert models(user.data) == {}, done.stdout
        assert not (net / "credentials").exists()
    else:
        assert models(user.data) == {"vae/closed.safetensors": CLOSED}, done.stdout + done.stderr
        assert {host for host, _ in credentials(net)} == {"huggingface.co"}
