"""A bare `docker run IMAGE` and `podman run IMAGE`: no flag, uid 1000, the guard alone around the workload."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from catalyst.container import password_hash
from catalyst.services.gateway import passwords
from live import inside_image
from live.inside_image import IMAGE
from support import descendants, fake_comfyui, open_to_all, wait_for

ENGINES = tuple(pytest.param(name, marks=pytest.mark.engine(name)) for name in ("docker", "podman"))
# What the guide recommends where flags can be given (docs/guides/containers.md).
RECOMMENDED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--memory=2g", "--pids-limit=512",
               "--tmpfs=/scratch:rw,nosuid,nodev,mode=1777", "--tmpfs=/tmp:rw,nosuid,nodev,mode=1777")  # fmt: skip


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """An engine that has the image."""
    with inside_image.ready(request.param) as variables:
        os.environ.update(variables)
        yield request.param
        for key in variables:
            os.environ.pop(key)


class Container:
    """One that runs; `log` is what it has said."""

    def __init__(self, engine: str, name: str) -> None:
        self.engine, self.name = engine, name

    def run(self, *words: str, user: str = "") -> "subprocess.CompletedProcess[str]":
        """A command in it."""
        as_user = ["--user", user] if user else []
        return subprocess.run([self.engine, "exec", *as_user, self.name, *words], capture_output=True, text=True,
                              timeout=120)  # fmt: skip

    @property
    def log(self) -> str:
        done = subprocess.run([self.engine, "logs", self.name], capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    @property
    def running(self) -> bool:
        done = subprocess.run([self.engine, "inspect", "--format", "{{.State.Running}} {{.State.ExitCode}}", self.name],
                              capture_output=True, text=True, timeout=60)  # fmt: skip
        return done.stdout.startswith("true")

    def code(self) -> int:
        """Its exit code, once it has ended."""
        wait_for(lambda: not self.running, f"the end of {self.name}: {self.log}")
        return int(self.inspected("{{.State.ExitCode}}"))

    def inspected(self, template: str) -> str:
        return subprocess.run([self.engine, "inspect", "--format", template, self.name], capture_output=True, text=True,
                              timeout=60).stdout.strip()  # fmt: skip

    def wait(self) -> None:
        """Until it answers."""
        wait_for(lambda: self.run("catalyst", "health").returncode == 0 or not self.running, f"an answer: {self.log}", 120)
        assert self.running, self.log


@contextmanager
def started(engine: str, *options: str, **env: str) -> Iterator[Container]:
    """A container of the image with nothing but these options."""
    name = f"catalyst-inside-{os.urandom(4).hex()}"
    variables = [word for key, value in env.items() for word in ("--env", f"{key}={value}")]
    done = subprocess.run([engine, "run", "--detach", "--name", name, *options, *variables, IMAGE],
                          capture_output=True, text=True, timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stderr
    try:
        yield Container(engine, name)
    finally:
        subprocess.run([engine, "rm", "--force", "--volumes", name], capture_output=True, timeout=60)


def status(container: Container, pid: str = "1") -> dict[str, str]:
    text = container.run("cat", f"/proc/{pid}/status").stdout
    return {key: value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())}


@pytest.mark.parametrize("mode", ["public", "restricted", "isolated"])
def test_a_bare_run_answers_and_is_confined(engine: str, mode: str) -> None:
    with started(engine, NETWORK_MODE=mode) as container:
        container.wait()
        assert container.run("curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:8188/").returncode == 0  # HEALTHCHECK
        assert container.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}",
                             "http://127.0.0.1:8188/prompt").stdout == "401"  # fmt: skip
        first = status(container)
        assert first["Uid"].split() == ["1000"] * 4
        assert (first["CapEff"], first["CapPrm"], first["NoNewPrivs"]) == ("0" * 16, "0" * 16, "1")
        said = json.loads(_with_token(container, "/probes"))
        assert {one["id"]: one["evidence"] for one in said["probes"] if one["outcome"] == "broken"} == {}
        assert sum(one["outcome"] == "held" for one in said["probes"]) >= 40


def _with_token(container: Container, path: str) -> str:
    token = container.run("catalyst", "token", "new", f"t-{os.urandom(4).hex()}").stdout.strip()
    done = container.run("curl", "-fsS", "-H", f"Authorization: Bearer {token}", f"http://127.0.0.1:8188{path}")
    assert done.returncode == 0, (done.stderr, container.log)
    return done.stdout


def test_the_log_says_how_to_log_in_and_holds_no_secret(engine: str) -> None:
    """A link from within, and a password whose hash is all that the container was given."""
    hashed = password_hash.form(passwords.hashed("correct horse"))
    with started(engine, CATALYST_PASSWORD_HASH=hashed) as container:
        container.wait()
        wait_for(lambda: "catalyst token link" in container.log, "the way to log in")
        link = container.run("catalyst", "token", "link").stdout.strip()
        assert link.startswith("http://127.0.0.1:8188/catalyst/login#token=")
        secret = link.partition("=")[2]
        asked = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Origin: http://127.0.0.1:8188",
                 "--data-urlencode", f"link={secret}", "http://127.0.0.1:8188/catalyst/login"]  # fmt: skip
        assert [container.run(*asked).stdout for _ in range(2)] == ["303", "401"]
        asked[asked.index(f"link={secret}")] = "password=correct horse"
        assert container.run(*asked).stdout == "303"
        first = int(container.inspected("{{.State.Pid}}"))
        running = [environ(pid) for pid in (first, *descendants(first))]
        assert sum(bool(one) for one in running) >= 4, running  # workload, gateway and broker, and who looks after these
        assert not [one for one in running if hashed.encode() in one]
        assert hashed in container.run("env").stdout  # what is sent in gets it from the engine
        assert hashed not in container.log
        assert secret not in container.log
        assert "token=" not in container.log


def environ(pid: int) -> bytes:
    """What a process was started with, as the host sees it; nothing where it has gone."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def test_any_user(engine: str) -> None:
    with started(engine, "--user", "4242:4242") as container:
        container.wait()
        assert status(container)["Uid"].split() == ["4242"] * 4


def test_root_becomes_nobody_special(engine: str) -> None:
    with started(engine, "--user", "0:0") as container:
        container.wait = lambda: wait_for(  # type: ignore[method-assign]  # exec comes in as root, whose folder is another
            lambda: container.run("catalyst", "health", user="1000:1000").returncode == 0, container.log)
        container.wait()
        first = status(container)
        assert first["Uid"].split() == ["1000"] * 4
        assert {first[name] for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")} == {"0" * 16}


@pytest.mark.parametrize("options", [("--read-only",), RECOMMENDED])
@pytest.mark.parametrize("level", ["normal", "high"])
def test_a_read_only_root(engine: str, options: tuple[str, ...], level: str) -> None:
    with started(engine, *options, SECURITY_LEVEL=level) as container:
        container.wait()


def test_maximum_needs_memory_for_its_files_and_says_so(engine: str) -> None:
    with started(engine, SECURITY_LEVEL="maximum", NETWORK_MODE="isolated") as container:
        assert container.code() == 6
        assert "control scratch cannot be enforced here" in container.log
        assert "--tmpfs /scratch" in container.log
    with started(engine, *RECOMMENDED, SECURITY_LEVEL="maximum", NETWORK_MODE="isolated") as container:
        container.wait()


def test_a_volume_of_somebody_elses(engine: str, tmp_path: Path) -> None:
    open_to_all(tmp_path)
    with started(engine, "--volume", f"{tmp_path}:/data") as container:
        assert container.code() == 4
        assert '"/data" belongs to 0:0' in container.log
        assert "sudo chown -R 1000:1000 FOLDER" in container.log


@pytest.mark.parametrize(("level", "mode"), [("normal", "public"), ("high", "restricted"), ("maximum", "isolated")])
def test_verify_finds_nothing_broken_and_nothing_unknown(engine: str, level: str, mode: str) -> None:
    words = ["--rm", "--env", f"SECURITY_LEVEL={level}", "--env", f"NETWORK_MODE={mode}"]
    more = RECOMMENDED if level == "maximum" else ()
    done = subprocess.run([engine, "run", *words, *more, IMAGE, "catalyst-entrypoint", "verify", "--json"],
                          capture_output=True, text=True, timeout=300)  # fmt: skip
    assert done.stdout.startswith("{"), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    bad = [(one["id"], one["errno"], one["evidence"], one["positive_control"]) for one in found["probes"]
           if one["outcome"] in {"broken", "unknown"}]  # fmt: skip
    assert (bad, done.returncode) == ([], 0)
    assert sum(one["outcome"] == "held" for one in found["probes"]) >= 230


def test_verify_beside_what_runs(engine: str) -> None:
    with started(engine, SECURITY_LEVEL="high", NETWORK_MODE="restricted") as container:
        container.wait()
        done = container.run("catalyst", "verify", "--json")
        assert done.returncode == 0, done.stderr
        assert container.run("catalyst", "health").returncode == 0


def test_one_that_dies_takes_the_container_with_it(engine: str) -> None:
    """Without the gateway nobody gets in; without those who look after both, nobody starts them again."""
    with started(engine) as container:
        container.wait()
        front = container.run("sh", "-c", "cat /proc/1/task/1/children").stdout.split()
        named = {pid: container.run("cat", f"/proc/{pid}/cmdline").stdout for pid in front}
        (pid,) = (pid for pid, words in named.items() if "entrypoint" in words)
        assert container.run("sh", "-c", f"kill -9 {pid}").returncode == 0
        assert container.code() == 1
        assert "the gateway and the broker have ended" in container.log


def test_a_broker_that_dies_is_started_again(engine: str) -> None:
    with started(engine) as container:
        container.wait()
        find = "for p in /proc/[0-9]*; do grep -qa 'services[.]broker' $p/cmdline && echo ${p#/proc/}; done"
        before = container.run("sh", "-c", find).stdout.split()[0]
        assert container.run("sh", "-c", f"kill -9 {before}").returncode == 0
        wait_for(lambda: container.run("catalyst", "egress", "list").returncode == 0
                 and "the broker ended and is started again" in container.log, "a broker")  # fmt: skip
        assert container.running


def test_it_ends_within_the_grace_and_leaves_no_record(engine: str, tmp_path: Path) -> None:
    open_to_all(tmp_path)
    os.chown(tmp_path, 1000, 1000)
    with started(engine, "--volume", f"{tmp_path}:/data") as container:
        container.wait()
        subprocess.run([engine, "stop", container.name], capture_output=True, timeout=60)
        assert container.code() == 0, container.log
    assert not (tmp_path / ".catalyst/instance.json").exists()


def test_an_instance_of_two_containers_on_one_volume_is_refused(engine: str, tmp_path: Path) -> None:
    open_to_all(tmp_path)
    os.chown(tmp_path, 1000, 1000)
    with started(engine, "--volume", f"{tmp_path}:/data") as first:
        first.wait()
        with started(engine, "--volume", f"{tmp_path}:/data") as second:
            assert second.code() == 1
            assert "an instance already runs" in second.log
        first.wait()


def test_a_workload_that_cannot_run(engine: str, tmp_path: Path) -> None:
    open_to_all(tmp_path)
    fake_comfyui(tmp_path / "tree", "sys.exit(3)")
    with started(engine, "--volume", f"{tmp_path}/tree:/opt/comfyui:ro", COMFYUI_PATH="/opt/comfyui",
                 SECURITY_LEVEL="high") as container:  # fmt: skip
        wait_for(lambda: "restart 1 of 5" in container.log, container.log)
        assert container.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}",
                             "http://127.0.0.1:8188/").stdout == "503"  # fmt: skip
