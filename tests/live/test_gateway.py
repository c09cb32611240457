"""The gateway in front of a real sandbox: what the owner's own tools see, in each topology that has an engine."""

import os
import shutil
import signal
import subprocess
import time
from urllib.request import urlopen

from catalyst.instance.store import Store
from live.test_up import workload
from support import PATIENCE, UNVERIFIED, Catalyst, Running, wait_for, with_argument

RECOMMENDED = ["curl", "-fsS", "--max-time", "3", "-o", "/dev/null"]  # the recommendation's health check


def healthy(running: Running) -> tuple[bool, bool]:
    """What curl says of the page, and what `catalyst health` says."""
    curl = subprocess.run([*RECOMMENDED, running.url], capture_output=True, check=False)
    return curl.returncode == 0, running.catalyst("health").returncode == 0


def test_health_is_green_and_red_where_it_must_be(catalyst: Catalyst) -> None:
    assert shutil.which("curl"), "the check is curl's"
    with catalyst.up(NETWORK_MODE="isolated") as running:
        assert healthy(running) == (True, True)
        hung = workload(running)
        assert hung  # 0 would be this process's own group
        os.kill(hung, signal.SIGSTOP)
        wait_for(lambda: healthy(running) == (False, False), "hung: red")
        os.kill(hung, signal.SIGCONT)
        wait_for(lambda: healthy(running) == (True, True), "green again")
    assert healthy(running) == (False, False)


def test_a_crash_is_told_and_mended(catalyst: Catalyst) -> None:
    with catalyst.up(NETWORK_MODE="isolated") as running:
        one = workload(running)
        assert one
        os.kill(one, signal.SIGKILL)
        wait_for(lambda: running.get("catalyst/state")["restarts"] == 1, "the restart to be told")
        wait_for(lambda: running.get("catalyst/state")["state"] == "ready", "it to answer again")


def test_the_link_logs_in_once_and_is_in_no_log(catalyst: Catalyst) -> None:
    with catalyst.up(NETWORK_MODE="isolated") as running:
        secret = running.login.partition("#token=")[2]
        assert secret
        again = catalyst("token", "link").stdout.strip()
        assert again.startswith(running.url)
        store = Store(str(catalyst.data))
        for folder in {store.folder, store.kept, catalyst.data / ".catalyst"}:
            for file in folder.rglob("*") if folder.is_dir() else ():
                if file.is_file() and not file.is_symlink():
                    assert secret.encode() not in file.read_bytes(), file
        assert with_argument(secret) == []


def test_detached_prints_a_link_that_works(catalyst: Catalyst) -> None:
    line = catalyst("up", "--app=canary", "--port=0", "--detach", NETWORK_MODE="isolated").stdout.strip()
    try:
        base, _, secret = line.partition("catalyst/login#token=")
        assert secret
        store = Store(str(catalyst.data))
        assert secret not in (store.folder / "up.log").read_text()
        assert "#token=" not in (store.folder / "up.log").read_text()
        done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H",
        f"Origin: {base.rstrip('/')}", "-d",
                               f"link={secret}", f"{base}catalyst/login"], capture_output=True, text=True)  # fmt: skip
        assert done.stdout == "303"
    finally:
        catalyst("down")


def test_sessions_and_password_survive_a_restart(catalyst: Catalyst) -> None:
    done = subprocess.run(catalyst.argv("password"), env=catalyst.env(), input="correct horse\n", text=True,
    capture_output=True)
    assert done.returncode == 0, done.stderr
    assert catalyst("token", "new", "kept").returncode == 0
    jar = str(catalyst.data.parent / "jar")
    with catalyst.up("--port=0", NETWORK_MODE="isolated") as running:
        port = running.url.rsplit(":", 1)[1].rstrip("/")
        ask = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"]
        done = subprocess.run([*ask, "-c", jar, "-H", f"Origin: {running.url.rstrip('/')}", "-d", "password=correct horse",
                               f"{running.url}catalyst/login"], capture_output=True, text=True)  # fmt: skip
        assert done.stdout == "303"
    with catalyst.up(f"--port={port}", NETWORK_MODE="isolated") as running:
        assert subprocess.run([*ask, "-b", jar, f"{running.url}queue"], capture_output=True, text=True).stdout == "200"
    assert "kept" in catalyst("token", "list").stdout


def test_tls_with_a_certificate_of_its_own(catalyst: Catalyst) -> None:
    with catalyst.up("--self-signed", "--bind=127.0.0.1", NETWORK_MODE="isolated") as running:
        assert running.url.startswith("https://127.0.0.1:"), "is openssl there?"
        assert running.get("queue")
        key = Store(str(catalyst.data)).kept / "self-signed.key"
        assert key.stat().st_mode & 0o777 == 0o600
        with urlopen(f"{running.url}healthz", context=UNVERIFIED, timeout=10) as reply:
            assert "Strict-Transport-Security" not in reply.headers  # only with a certificate that others issued
        assert catalyst("health").returncode == 0
        assert '"answers": true' in catalyst("status", "--json").stdout


def test_public_means_all_interfaces_through_the_login(catalyst: Catalyst) -> None:
    with catalyst.up("--self-signed", NETWORK_MODE="public") as running:
        listening = subprocess.run(["ss", "-Hltn"], capture_output=True, text=True).stdout
        port = running.url.rsplit(":", 1)[1].rstrip("/")
        assert f"0.0.0.0:{port}" in listening
        running.process.terminate()
        assert "on the network: https://" in running.process.communicate(timeout=PATIENCE)[1]


def test_routes_are_refused_by_level(catalyst: Catalyst) -> None:
    with catalyst.up(NETWORK_MODE="isolated", SECURITY_LEVEL="high") as running:
        answer = subprocess.run(["curl", "-s", "-H", f"Authorization: Bearer {running.token}",
        f"{running.url}api/manager/reboot"],
                                capture_output=True, text=True).stdout  # fmt: skip
        assert answer == "refused at this SECURITY_LEVEL: ComfyUI-Manager installs code\n"


def test_it_drains(catalyst: Catalyst) -> None:
    """Ending takes no longer than it must, with a visitor connected."""
    with catalyst.up("--grace=2", NETWORK_MODE="isolated") as running:
        reply = running.ask("probes")
        began = time.monotonic()
        running.process.terminate()
        assert running.process.wait(PATIENCE) == 0
        assert time.monotonic() - began < 20  # a hang, not a measurement
        reply.close()


def test_the_posture_page_has_what_doctor_says(catalyst: Catalyst) -> None:
    with catalyst.up(NETWORK_MODE="isolated", SECURITY_LEVEL="high") as running, running.ask("catalyst") as reply:
        page = reply.read().decode()
    for word in ("no-new-privileges", "system-calls", "isolated", "high", catalyst.engine):
        assert word in page
    assert page.count('class="enforced"') > 20
