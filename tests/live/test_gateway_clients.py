"""Scripts in the manner of ComfyUI's own example (script_examples/websockets_api_example.py), with a bearer token."""

import json
import uuid
from typing import Any

import requests
import websocket

from live.test_comfyui import GIVEN, WORKFLOW
from support import Catalyst


def test_the_example_with_a_token(catalyst: Catalyst) -> None:
    if not GIVEN:
        the_canary_instead(catalyst)
        return
    tree, _, python = GIVEN.partition(":")
    words = (f"--comfyui={tree}", f"--python={python}", "--comfyui-flags=--cpu")
    with catalyst.up(*words, app="comfyui", NETWORK_MODE="isolated") as running:
        client, headers = str(uuid.uuid4()), {"Authorization": f"Bearer {running.token}"}
        link = websocket.WebSocket()
        link.connect(f"{running.url.replace('http', 'ws')}ws?clientId={client}", header=headers)  # type: ignore[no-untyped-call]  # it has no types
        with requests.Session() as http:
            http.headers.update(headers)
            uploaded = http.post(f"{running.url}upload/image", files={"image": ("a b.png", b"\x89PNG", "image/png")})
            assert uploaded.json()["name"] == "a b.png"
            asked: Any = {"prompt": WORKFLOW, "client_id": client}
            made = http.post(f"{running.url}prompt", json=asked).json()["prompt_id"]
            while True:
                message = link.recv()
                if isinstance(message, str):
                    said = json.loads(message)
                    if said["type"] == "executing" and said["data"]["node"] is None and said["data"]["prompt_id"] == made:
                        break
            (image,) = http.get(f"{running.url}history/{made}").json()[made]["outputs"]["3"]["images"]
            picture = http.get(f"{running.url}view", params=image)
            assert (picture.headers["Content-Type"], picture.content[:4]) == ("image/png", b"\x89PNG")
            part = http.get(f"{running.url}view", params=image, headers={"Range": "bytes=1-3"})
            assert (part.status_code, part.content) == (206, b"PNG")
        link.close()


def the_canary_instead(catalyst: Catalyst) -> None:
    with catalyst.up(NETWORK_MODE="isolated") as running, requests.Session() as http:
        http.headers["Authorization"] = f"Bearer {running.token}"
        assert http.get(f"{running.url}queue").json() == {"queue_running": [], "queue_pending": []}
