"""The recommendation's check, `curl -fsS http://127.0.0.1:8188/` with three seconds, and `catalyst health`'s question: green
while ComfyUI works, red while it is down, hung, drips or lies. Whatever runs around the gateway, it answers like this."""

import asyncio
import shutil
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from aiohttp.web_request import BaseRequest

from catalyst.instance import health
from gateways import Gateway, Stub, gateway, wait

PATIENCE = 60.0
AILMENTS = ("hangs", "fails", "leads elsewhere", "hangs up", "is gone")


@dataclass
class Ailing(Stub):
    """Answers the probe as told: "" for well."""

    ails: str = ""

    async def __call__(self, request: BaseRequest) -> web.StreamResponse:
        if request.raw_path != "/system_stats":
            return await super().__call__(request)
        match self.ails:
            case "hangs":
                await asyncio.sleep(3600)
            case "fails":
                return web.Response(status=500)
            case "leads elsewhere":
                return web.Response(status=302, headers={"Location": "/"})
            case "hangs up":
                if request.transport:
                    request.transport.abort()
            case _:
                pass
        return web.json_response({})


def asked(running: Gateway) -> tuple[bool, bool]:
    """What curl says of the page, and what `catalyst health` asks: each within its three seconds."""
    curl = shutil.which("curl")
    assert curl, "curl is what the recommendation asks with"
    done = subprocess.run([curl, "-fsS", "--max-time", "3", "-o", "/dev/null", f"{running.url}/"], capture_output=True)
    assert done.returncode in {0, 22}, done.stderr  # 22: 400 or above; 28 would be a time-out of the gateway's own
    return done.returncode == 0, health.answers(f"{running.url}/", 3.0)


def door(running: Gateway) -> Path:
    return running.folder.parent / "door/in.sock"


def test_red_while_it_ails_and_green_again(tmp_path: Path) -> None:
    """All of them at once: a good answer counts for ten seconds, and then no more."""
    with ExitStack() as stack:
        ill: list[Gateway] = []
        for number, ails in enumerate(AILMENTS):
            folder = tmp_path / str(number)
            folder.mkdir()
            ill.append(stack.enter_context(gateway(folder, stub=Ailing(ails=""))))
            assert asked(ill[-1]) == (True, True), ails
        for one, ails in zip(ill, AILMENTS, strict=True):
            assert isinstance(one.stub, Ailing)
            one.stub.ails = ails
            if ails == "is gone":
                door(one).rename(door(one).with_name("away"))
        for one in ill:
            wait(lambda one=one: asked(one) == (False, False), PATIENCE)  # type: ignore[misc]  # a default cannot be inferred
            assert one.ask("GET", "/healthz").status == 200  # the gateway itself is well: nobody should start it anew
            assert one.ask("GET", "/readyz").body == b"not ok\n"
        for one, ails in zip(ill, AILMENTS, strict=True):
            assert isinstance(one.stub, Ailing)
            one.stub.ails = ""
            if ails == "is gone":
                door(one).with_name("away").rename(door(one))
        for one in ill:
            wait(lambda one=one: asked(one) == (True, True), PATIENCE)  # type: ignore[misc]  # as above
            assert one.ask("GET", "/readyz").body == b"ok\n"
