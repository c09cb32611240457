"""Tokens in the caller's environment must not be in any process of the sandbox, PID 1 and its launcher included."""

import subprocess

import pytest

from support import Catalyst, own_environment

pytestmark = pytest.mark.engine("bwrap")
LOOK = "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c canary_token"


def test_plain_bubblewrap_hands_it_on() -> None:
    argv = ["bwrap", "--unshare-pid", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "sh", "-c", LOOK]
    done = subprocess.run(argv, env={**own_environment(), "HF_TOKEN": "canary_token"}, capture_output=True, text=True)
    assert int(done.stdout) > 0


def test_catalyst_does_not(bwrap: Catalyst) -> None:
    assert bwrap.run("sh", "-c", LOOK, HF_TOKEN="canary_token", AWS_SECRET_ACCESS_KEY="canary_token").stdout.strip() == "0"


def test_nor_does_the_plan_name_it(bwrap: Catalyst) -> None:
    assert "canary_token" not in bwrap.run("cat", "/run/catalyst/plan.json", HF_TOKEN="canary_token").stdout
