"""Routes that are refused at a level, as data: where code comes in or what the owner's machine looks like goes out.

Compared with the decoded path without `/api`, which is where ComfyUI serves every route a second time (server.py,
add_routes). What is asked for is compared segment by segment, so `/manager` is not `/managers`.
"""

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote

HIGH = 1  # level: 0 normal, 1 high, 2 maximum

# prefix -> (lowest level that refuses it, why)
REFUSED: Mapping[str, tuple[int, str]] = {
    # ComfyUI-Manager installs and runs code; below 3.40 and 4.2.2 a GET of another site was enough (PR#2818, #2819).
    "/manager": (HIGH, "ComfyUI-Manager installs code"),
    "/customnode": (HIGH, "ComfyUI-Manager installs code"),
    "/comfyui_manager": (HIGH, "ComfyUI-Manager installs code"),
    "/externalmodel": (HIGH, "ComfyUI-Manager fetches models"),
    "/snapshot": (HIGH, "ComfyUI-Manager replaces code"),
    "/v2": (HIGH, "ComfyUI-Manager installs code"),
    "/models/download": (HIGH, "the workload fetches models by itself"),
    # Logs hold prompts and paths; the folders of the machine are nobody's business.
    "/internal": (HIGH, "it shows logs and folders"),
}
# Below a refused prefix, and ComfyUI's own all the same.
CORE = ("/v2/userdata",)


def refused(path: str, level: int) -> str:
    """Why `path` (raw, as in the request line) is refused at `level`; empty where it is not."""
    return _refused(plain(path), level)


@lru_cache(256)
def _refused(asked: str, level: int) -> str:
    if any(_below(asked, core) for core in CORE):
        return ""
    for prefix, (lowest, why) in REFUSED.items():
        if level >= lowest and _below(asked, prefix):
            return why
    return ""


@lru_cache(256)  # the front end's files, again and again
def plain(path: str) -> str:
    """The path that ComfyUI's router would see: decoded, one slash between segments, without `/api`."""
    segments = [part for part in unquote(path).split("/") if part not in {"", "."}]
    if segments[:1] == ["api"]:
        segments = segments[1:]
    return "/" + "/".join(segments)


def _below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")
