"""Whoever is not logged in reaches nothing of ComfyUI, by any method, under any spelling of any of its routes."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateways import Gateway, gateway

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "FOO")
# ComfyUI's table without the tree (knowledge: server.py, user_manager.py, internal_routes.py, model_manager.py).
KNOWN = (
    "/ws", "/prompt", "/queue", "/interrupt", "/free", "/history", "/history/x", "/upload/image", "/upload/mask", "/view",
    "/view_metadata/x", "/system_stats", "/features", "/object_info", "/object_info/x", "/embeddings", "/models",
    "/models/x", "/extensions", "/workflow_templates", "/i18n", "/users", "/userdata", "/v2/userdata", "/userdata/x",
    "/userdata/x/move/y", "/settings", "/settings/x", "/experiment/models", "/experiment/models/preview/x/0/y",
    "/internal/logs", "/internal/logs/raw", "/internal/logs/subscribe", "/internal/folder_paths", "/internal/files/x",
    "/assets", "/jobs", "/models/download", "/manager/reboot", "/customnode/install/git_url", "/v2/manager/queue/start",
    "/index.html", "/extensions/core/x.js", "/scripts/api.js", "/templates/x", "/docs/x", "/user.css",
)  # fmt: skip


def routes() -> list[str]:
    """ComfyUI's own, read from its source where the tree is given (CATALYST_TEST_COMFYUI), and the known ones."""
    tree, found = os.environ.get("CATALYST_TEST_COMFYUI", "").partition(":")[0], set(KNOWN)
    for file in sorted(Path(tree).rglob("*.py")) if tree else []:
        if "tests" in file.parts or "venv" in file.parts:
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        if "routes" in text or "add_get" in text:
            found |= {re.sub(r"\{[^}]*\}+", "x", path) for path in _decorated(text)}
    return sorted(found)


def _decorated(text: str) -> Iterator[str]:
    """Paths in @routes.get("…") and its like."""
    for node in ast.walk(ast.parse(text)):
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args
                and node.func.attr in {"get", "post", "put", "patch", "delete", "head", "options", "route", "add_get"}
                and "routes" in ast.unparse(node.func.value)):  # fmt: skip
            for argument in node.args[:2]:
                if isinstance(argument, ast.Constant) and str(argument.value).startswith("/"):
                    yield str(argument.value)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway(tmp_path_factory.mktemp("gateway")) as one:
        yield one


def test_the_table_was_read() -> None:
    assert len(routes()) >= len(KNOWN)
    if os.environ.get("CATALYST_TEST_COMFYUI"):
        assert len(set(routes()) - set(KNOWN)) >= 5


@pytest.mark.parametrize("path", [*routes(), "/", "//", "/catalyst", "/catalyst/state", "/catalyst/logout", "/catalyst/x"])
def test_nothing_without_a_session(running: Gateway, path: str) -> None:
    for prefix in ("", "/api"):
        for method in METHODS:
            for headers in ({}, {"Origin": running.url}, {"Authorization": "Bearer x", "Cookie": "catalyst-test=x"}):
                answer = running.ask(method, prefix + path, **headers)
                page = prefix + path == "/" and method in {"GET", "HEAD"} and "Authorization" not in headers
                assert answer.status in ({200} if page else {401, 403, 405, 400}), (method, prefix + path, answer)
    assert running.stub.seen == []


@pytest.mark.parametrize("path", [
    "/healthz/../prompt", "/healthz/..%2fprompt", "/healthz//prompt", "/readyz/prompt", "/healthz;/prompt",
    "/catalyst/..;/prompt",
    "/catalyst/login/../../prompt", "/%2e/prompt", "/catalyst%2f..%2fprompt", "/.", "/%2fprompt", "/catalyst/login/prompt",
])  # fmt: skip
def test_no_open_page_leads_on(running: Gateway, path: str) -> None:
    for method in ("GET", "POST"):
        assert running.ask(method, path, Origin=running.url).status in {400, 401, 403, 404}
    assert running.stub.seen == []


def test_no_websocket(running: Gateway) -> None:
    shake = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13",
             "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
    assert running.ask("GET", "/ws", **shake).status == 403
    assert running.ask("GET", "/ws", **shake, Origin=running.url).status == 401
    assert running.ask("GET", "/ws", **shake, Authorization="Bearer x").status == 401
    cookie = running.cookie()
    assert running.ask("GET", "/ws", **shake, Cookie=cookie).status == 403  # a session, and no Origin
    assert running.ask("GET", "/ws", **shake, Cookie=cookie, Origin="http://127.0.0.1:1").status == 403
    assert running.stub.seen == []


def test_control_with_a_session_they_arrive(running: Gateway) -> None:
    """The positive control: what is refused above does arrive with a login."""
    for path in ("/prompt", "/api/queue", "/internal/logs"):
        assert running.ask("GET", path, Authorization=f"Bearer {running.token()}").status == 200
    assert [one["target"] for one in running.stub.seen] == ["/prompt", "/api/queue", "/internal/logs"]
    running.stub.seen.clear()
