"""One container, one uid: the workload uses a token by the real client and finds it nowhere; a search beside it finds it."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from catalyst.services.broker.tokens.echo import forms
from catalyst.vault import vault
from live import internet
from live.test_inside import ENGINES
from live.test_tokens import DOWNLOADS, OF_HOSTS, credentials, found_nowhere
from vaults import ask, fresh, new

HERE = Path(__file__).parent
SECRET = "hf_canary_inside_0123456789abcdef"
WHOLE = hashlib.sha256(internet.WEIGHTS).hexdigest()
# It is the image's there, and nobody mounts another over it.
NOT_TOLD = {"the system's bundle", "wget"}


@pytest.fixture(params=ENGINES)
def came(request: pytest.FixtureRequest, net: Path, clients: Path) -> dict[str, Any]:
    """What inside_tokens.py said, by client or where it is from; `identity` opens the vault."""
    path, unlock = fresh(net / "vault")
    vault.put(path, unlock, [new("HF_TOKEN", SECRET, *OF_HOSTS)], ask)
    for one in (net / "vault", *(net / "vault").iterdir()):
        os.chown(one, 1000, 1000)
    (net / "token").write_text(SECRET)
    identity = next(word for word in Path(f"{path}.key").read_text().split() if word.startswith("AGE-SECRET-KEY"))
    patterns = " ".join(one.encode().hex()[::-1] for one in (SECRET, identity))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])}
    words = [sys.executable, str(HERE / "inside_tokens.py"), request.param, str(net), str(clients)]
    done = subprocess.run(internet.argv(net, words), env=env, input=patterns, capture_output=True, text=True, timeout=900)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (done.stdout[-3000:], done.stderr[-3000:])
    return {"net": net, "identity": identity, "all": done.stdout,
            **{str(one.get("client") or one["from"]): one for one in said if "client" in one or "from" in one}}  # fmt: skip


def test_used_inside_and_found_nowhere_but_beside(came: dict[str, Any]) -> None:
    there = {name for name in DOWNLOADS - NOT_TOLD if came[name].get("got") != "absent"}
    assert there >= {"huggingface_hub", "requests", "urllib", "curl"}
    assert {name: came[name] for name in there if came[name].get("got") != WHOLE} == {}
    assert "CERTIFICATE_VERIFY_FAILED" in came["the system's bundle"]["error"]
    assert {host for host, said in credentials(came["net"]) if SECRET in said} == set(OF_HOSTS)
    assert "IncompleteRead" in came["echo"]["error"]
    found_nowhere(came)
    _the_control(came["beside"]["hits"])
    _no_page_has_it(came["the gateway"]["pages"], came["identity"])
    _unsafe_starts_are_refused(came)
    second = came["a second broker"]  # it opened the vault again; the rule that shows the bundle is one for its file
    assert second["number"] == second["then"]
    assert second["before"] != second["after"] != ""
    assert SECRET not in came["all"]


def _the_control(hits: list[str]) -> None:
    """A program with the same uid and without the guard's restrictions, as `docker exec` starts it."""
    assert "/vault/vault.age.key" in hits
    assert [one for one in hits if one.endswith("/environ")]
    assert [one for one in hits if one.endswith("/mem")]


def _no_page_has_it(pages: list[str], identity: str) -> None:
    served = [page for page in pages if page.startswith("HTTP/1.1 200")]
    assert len(pages) == 150
    assert len(served) >= 20
    assert [page for page in served if "What is enforced" in page]
    wanted = [form for one in (SECRET, identity) for form in forms(one)]
    assert [page for page in pages if any(form in page.encode() for form in wanted)] == []


def _unsafe_starts_are_refused(came: dict[str, Any]) -> None:
    for what in ("a token without Landlock", "a token without Landlock, isolated", "a vault without Landlock"):
        assert (came[what]["code"], "Linux 6.12" in came[what]["said"]) == (6, True), came[what]
    assert (came["a vault that can be written"]["code"], came["a vault in no mount of its own"]["code"]) == (4, 4), came
    assert "could open it to others" in came["a vault that can be written"]["said"]
