"""Two containers: front opens the vault, the workload uses a token by the real client, and has it nowhere: not in its
process, and not in its container, where a search beside it finds what was put there on purpose."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from catalyst.container.tokens import MISPLACED
from catalyst.services.broker.tokens.echo import forms
from catalyst.vault import vault
from live import internet
from live.test_inside import ENGINES
from live.test_inside_tokens import NOT_TOLD
from live.test_tokens import DOWNLOADS, OF_HOSTS, credentials, found_nowhere
from vaults import ask, fresh, new

HERE = Path(__file__).parent
SECRET = "hf_canary_two_0123456789abcdef"
MISPLACED_TOKEN = "hf_misplaced_two_0123456789abcd"
WHOLE = hashlib.sha256(internet.WEIGHTS).hexdigest()


@pytest.fixture(params=ENGINES)
def came(request: pytest.FixtureRequest, net: Path, clients: Path) -> dict[str, Any]:
    """What two_tokens.py said, by client or where it is from; `identity` opens the vault."""
    path, unlock = fresh(net / "vault")
    vault.put(path, unlock, [new("HF_TOKEN", SECRET, *OF_HOSTS)], ask)
    for one in (net / "vault", *(net / "vault").iterdir()):
        os.chown(one, 1000, 1000)
    (net / "token").write_text(SECRET)
    identity = next(word for word in Path(f"{path}.key").read_text().split() if word.startswith("AGE-SECRET-KEY"))
    patterns = " ".join(one.encode().hex()[::-1] for one in (SECRET, identity, MISPLACED_TOKEN))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])}
    words = [sys.executable, str(HERE / "two_tokens.py"), request.param, str(net), str(clients)]
    done = subprocess.run(internet.argv(net, words), env=env, input=patterns, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, (done.stdout[-3000:], done.stderr[-3000:])
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return {"net": net, "identity": identity, "all": done.stdout,
            "said": [one["said"] for one in said if "said" in one],
            **{str(one.get("client") or one["from"]): one for one in said if "client" in one or "from" in one}}  # fmt: skip


def test_used_and_in_the_workloads_container_nowhere(came: dict[str, Any]) -> None:
    there = {name for name in DOWNLOADS - NOT_TOLD if came[name].get("got") != "absent"}
    assert there >= {"huggingface_hub", "requests", "urllib", "curl"}
    assert {name: came[name] for name in there if came[name].get("got") != WHOLE} == {}
    assert {host for host, said in credentials(came["net"]) if SECRET in said} == set(OF_HOSTS)
    assert "IncompleteRead" in came["echo"]["error"]
    assert MISPLACED_TOKEN not in (came["net"] / "credentials").read_text()
    assert came["search"]["hits"] == ["/tmp/planted"]  # the control
    found_nowhere({"search": {**came["search"], "hits": []}})
    _the_controls(came)
    _no_page_has_it(came["the gateway"]["pages"], came["identity"])
    assert [one for one in came["said"] if MISPLACED in one and "HF_TOKEN" in one]
    second = came["a second broker"]  # it opened the vault again, and wrote over the file that the workload has open
    assert second["number"] == second["then"]
    assert second["before"] != second["after"] != ""
    assert "Read-only file system" in came["the mounts"]["written"]
    assert "secrets" not in came["the mounts"]["secrets"].split()
    assert SECRET not in came["all"]


def _the_controls(came: dict[str, Any]) -> None:
    """The search finds in front what opens the vault; beside the workload, the token that was given to the wrong container,
    and of front's nothing."""
    front, workload = came["beside front"]["hits"], came["beside the workload"]["hits"]
    assert "/run/secrets/catalyst-vault-identity" in front
    assert [one for one in front if one.endswith("/environ")]
    assert [one for one in workload if one.endswith("/environ")]
    fronts = came["beside the workload, what is front's"]
    assert fronts["looked"]["memory"] > 20
    assert fronts["hits"] == []


def _no_page_has_it(pages: list[str], identity: str) -> None:
    served = [page for page in pages if page.startswith("HTTP/1.1 200")]
    assert len(served) >= 20
    wanted = [form for one in (SECRET, identity, MISPLACED_TOKEN) for form in forms(one)]
    assert [page for page in pages if any(form in page.encode() for form in wanted)] == []
