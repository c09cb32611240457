"""Two containers as `catalyst render compose` makes them, started by docker compose and podman-compose."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from live.inside_image import IMAGE
from live.test_inside import engine
from support import COMMAND, open_to_all, own_environment, wait_for

__all__ = ["engine"]
PLACES = ("models", "custom_nodes", "packages", "input", "output", "user", "cache")
# Debian's docker-compose is of 2021 and does not know these two yet; the engine's defaults stand in for them.
UNKNOWN_IN_2021 = ("    cgroup: private\n", "        bind:\n          create_host_path: false\n")

# What the guide says of a password: front alone has it, below a root that is read-only.
SECRET = """\
services: {front: {secrets: [catalyst_password]}}
secrets: {catalyst_password: {file: ./password.txt}}
"""


def program(engine: str) -> list[str]:
    """The compose of this engine. A lane that was asked for and lacks it fails."""
    name = "podman-compose" if engine == "podman" else "docker-compose"
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    assert found, f"{name} is not installed"
    return [found, "--podman-run-args=--no-hosts"] if engine == "podman" else [found]  # no names of the machine's inside


class Composed:
    """A running project."""

    def __init__(self, engine: str, folder: Path, port: int) -> None:
        self.engine, self.folder, self.port, self.name = engine, folder, port, folder.name

    def compose(self, *words: str, **more: Any) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([*program(self.engine), "--project-name", self.name, *words], cwd=self.folder,
                              capture_output=True, text=True, timeout=300, **more)  # fmt: skip

    def container(self, service: str) -> str:
        """The name of a service's container, empty without one; two programs join its parts in two ways. A list of all
        would fail for a container of somebody else's, whose network namespace this mount namespace does not show."""
        names = [f"{self.name}{dash}{service}{dash}1" for dash in "_-"]
        there = (name for name in names if subprocess.run([self.engine, "container", "inspect", name], capture_output=True,
                                                          timeout=60).returncode == 0)  # fmt: skip
        return next(there, "")

    def run(self, service: str, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([self.engine, "exec", self.container(service), *words], capture_output=True, text=True,
                              timeout=120)  # fmt: skip

    def log(self, service: str) -> str:
        done = subprocess.run([self.engine, "logs", self.container(service)], capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    def status(self, path: str, *headers: str) -> str:
        """What the published port answers."""
        words = [word for header in headers for word in ("-H", header)]
        return subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", *words,
                               f"http://127.0.0.1:{self.port}{path}"],
                              capture_output=True, text=True, timeout=60).stdout  # fmt: skip

    def page(self, path: str, *headers: str) -> str:
        words = [word for header in headers for word in ("-H", header)]
        return subprocess.run(["curl", "-fsS", *words, f"http://127.0.0.1:{self.port}{path}"],
                              capture_output=True, text=True, timeout=60).stdout  # fmt: skip


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def composed(
    engine: str, folder: Path, *words: str, image: str = IMAGE, app: str = "canary",
    change: Callable[[dict[str, Any]], None] | None = None, **env: str
) -> Iterator[Composed]:  # fmt: skip
    """Up, and answering. `words` are for rendering; `change` is made to the rendered document."""
    folder.mkdir(exist_ok=True)
    open_to_all(folder)
    project = Composed(engine, folder / f"catalyst{os.urandom(3).hex()}", _free_port())
    for place in PLACES:
        (project.folder / "data" / place).mkdir(parents=True)
        os.chown(project.folder / "data" / place, 1000, 1000)
    rendering = [*COMMAND, "render", f"--data={project.folder}/data", f"--image={image}", f"--port={project.port}",
                 *(words or (f"--app={app}",))]  # fmt: skip
    for target, file in (("compose", "docker-compose.yml"), ("seccomp", "seccomp.json")):
        done = subprocess.run([*rendering, target], env={**own_environment(), **env}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        text = done.stdout
        for lines in UNKNOWN_IN_2021 if engine == "docker" else ():
            text = text.replace(lines, "")
        if change and target == "compose":
            document = yaml.safe_load(text)
            change(document)
            text = yaml.safe_dump(document)
        (project.folder / file).write_text(text)
    (project.folder / "docker-compose.override.yml").write_text(SECRET)
    (project.folder / "password.txt").write_text("correct horse\n")
    try:
        said = project.folder / "up.log"
        with said.open("wb") as out:
            up = subprocess.Popen([*program(engine), "--project-name", project.name, "up", "--detach"], cwd=project.folder,
                                  stdout=out, stderr=out)  # fmt: skip

        def answers() -> bool:
            if engine == "podman":  # where no systemd runs, nobody asks for its health
                for service in ("front", "workload"):
                    asked = [engine, "healthcheck", "run", project.container(service)]
                    subprocess.run(asked, capture_output=True, timeout=60)
            return project.status("/") == "200"

        try:
            wait_for(answers, "an answer", 240)
        except AssertionError:
            up.kill()
            up.wait()
            raise AssertionError(f"{said.read_text()}\n{project.log('front')}\n{project.log('workload')}") from None
        assert up.wait(timeout=120) == 0, said.read_text()
        yield project
    finally:
        project.compose("down", "--volumes")


def inspected(project: Composed, service: str) -> dict[str, Any]:
    done = subprocess.run([project.engine, "inspect", project.container(service)], capture_output=True, text=True,
                          timeout=60)  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)[0]
    return found


@pytest.mark.parametrize(("level", "mode"), [("normal", "public"), ("high", "restricted"), ("maximum", "isolated")])
def test_it_answers_and_is_confined(engine: str, tmp_path: Path, level: str, mode: str) -> None:
    with composed(engine, tmp_path, SECURITY_LEVEL=level, NETWORK_MODE=mode) as project:
        assert project.status("/prompt") == "401"
        wait_for(lambda: project.run("front", "catalyst", "health").returncode == 0, project.log("front"))
        assert project.run("workload", "catalyst", "health").returncode == 0
        token = project.run("front", "catalyst", "token", "new", "t").stdout.strip()
        assert project.status("/system_stats", f"Authorization: Bearer {token}") == "200"
        page = project.page("/catalyst", f"Authorization: Bearer {token}")
        assert "The workload has a container of its own. This is what that said" in page
        assert '<span class="enforced">enforced</span>' in page
        link = project.run("front", "catalyst", "token", "link").stdout
        assert "#token=" in link, project.run("front", "catalyst", "token", "link").stderr
        assert link.strip().partition("=")[2] not in project.log("front")
        assert "the password is the one in /run/secrets/catalyst_password" in project.log("front")
        assert project.run("workload", "ls", "/run/secrets").returncode != 0

        workload = inspected(project, "workload")
        assert workload["HostConfig"]["NetworkMode"] == "none"
        assert workload["HostConfig"]["ReadonlyRootfs"] is (level != "normal")
        devices = project.run("workload", "cat", "/proc/net/dev").stdout.splitlines()[2:]
        assert [line.partition(":")[0].strip() for line in devices] == ["lo"]
        said = project.run("workload", "cat", "/proc/1/status").stdout
        first = dict(line.partition(":")[::2] for line in said.splitlines())
        assert first["Uid"].split() == ["1000"] * 4
        assert {first[name].strip() for name in ("CapEff", "CapBnd", "CapPrm")} == {"0" * 16}
        # no folder of one is in the other, but those of the sockets
        mounts = {service: {one.get("Name") or one["Source"] for one in inspected(project, service)["Mounts"]}
                  for service in ("front", "workload")}  # fmt: skip
        shared = {name.rpartition("_")[2] for name in mounts["front"] & mounts["workload"]}
        assert shared == ({"door"} if mode == "isolated" else {"door", "out"})


def test_the_workload_finds_nothing_of_the_front(engine: str, tmp_path: Path) -> None:
    with composed(engine, tmp_path, SECURITY_LEVEL="high", NETWORK_MODE="restricted") as project:
        report = project.run("front", "catalyst", "token", "new", "probe").stdout.strip()
        asked = ["curl", "-fsS", "-H", f"Authorization: Bearer {report}", f"http://127.0.0.1:{project.port}/probes"]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=120)
        said = json.loads(done.stdout)
        assert {one["id"]: one["evidence"] for one in said["probes"] if one["outcome"] == "broken"} == {}
        for path in ("/data/.catalyst", "/run/catalyst/out/egress.sock"):
            assert project.run("workload", "test", "-e", path).returncode == 1
        written = project.run("workload", "sh", "-c", "echo x > /run/catalyst/out/x")
        assert written.returncode != 0


def test_what_was_refused_and_allowed_is_seen_in_front(engine: str, tmp_path: Path) -> None:
    with composed(engine, tmp_path, SECURITY_LEVEL="high", NETWORK_MODE="restricted") as project:
        done = project.run("front", "catalyst", "egress", "allow", "owner.example.net")
        assert done.returncode == 0, done.stderr
        assert "owner.example.net" in project.run("front", "catalyst", "egress", "list", "--json").stdout


def test_a_front_that_comes_again_finds_its_way(engine: str, tmp_path: Path) -> None:
    """Its sockets are new, and the workload's stays: nobody has to start the other again."""
    with composed(engine, tmp_path, NETWORK_MODE="restricted") as project:
        subprocess.run([project.engine, "restart", project.container("front")], capture_output=True, timeout=120)
        wait_for(lambda: project.status("/") == "200", project.log("front"))
        assert project.run("front", "catalyst", "egress", "list").returncode == 0
