"""What HuggingFace and CivitAI say of a model: its files, their sizes and hashes. Hostile until checked."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from catalyst.fetcher import folders, web
from catalyst.fetcher.failed import Failed

SAFE = (".safetensors", ".sft", ".gguf")
MOST_FILES = 200  # of one source
LARGEST = 1 << 44  # bytes; more is a lie
HEAD = 1 << 20  # bytes that are looked at to tell what a file is
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")

File = dict[str, Any]  # path, url (below the site), size or None, sha256 or "", revision, folder or ""


def hub(site: str, item: Mapping[str, str]) -> list[File]:
    """Files of a repository: the one named, else those a loader of ComfyUI takes as they are. Raises Failed."""
    repo, revision = item["repo"], item["revision"] or "main"
    said = web.document(f"{site}/api/models/{repo}/revision/{quote(revision, safe='')}?blobs=true", site)
    siblings, commit = _get(said, "siblings", list), _get(said, "sha", str)
    if not _COMMIT.fullmatch(commit):
        raise Failed("huggingface.co names no commit")
    listed = [_sibling(one, repo, commit) for one in siblings[: 100 * MOST_FILES]]
    if item["file"]:
        found = [one for one in listed if one["path"] == item["file"]]
    else:
        found = [one for one in listed if one["path"].lower().endswith(SAFE)
                 and ("/" not in one["path"] or folders.by_path(one["path"]))]  # fmt: skip
    if not found:
        some = ", ".join(repr(one["path"])[1:-1][:80] for one in listed if one["path"].lower().endswith(SAFE))
        what = f"no file {item['file']}" if item["file"] else "no model file that stands alone"
        raise Failed(f"{repo} has {what}", f"name one of its files, as hf:{repo}/FILE: {some[:300]}" if some else "")
    if len(found) > MOST_FILES:
        raise Failed(f"{repo} has more than {MOST_FILES} model files", f"name one: hf:{repo}/FILE")
    return found


def _sibling(one: Any, repo: str, commit: str) -> File:
    path = _get(one, "rfilename", str)
    lfs = one.get("lfs") if isinstance(one.get("lfs"), dict) else {}
    return {
        "path": path, "url": f"/{repo}/resolve/{commit}/{quote(path)}", "size": _size(lfs.get("size", one.get("size"))),
        "sha256": _hash(lfs.get("sha256")), "revision": commit, "folder": folders.by_path(path),
    }  # fmt: skip


def civitai(site: str, item: Mapping[str, str]) -> list[File]:
    """The file of a version that is named, else its primary one, safetensors where there is the choice. Raises Failed."""
    version = item["version"]
    said = web.document(f"{site}/api/v1/model-versions/{version}", site)
    files = [one for one in _get(said, "files", list)[:MOST_FILES] if isinstance(one, dict)]
    if item["file"]:
        found = [one for one in files if one.get("name") == item["file"]]
    else:
        found = sorted(files, key=lambda one: (one.get("primary") is not True, not _is_safe(one)))[:1]
        if found and not _is_safe(found[0]):
            same = [one for one in files if _is_safe(one) and one.get("type") == found[0].get("type")]
            found = same[:1] or found
    if not found:
        names = ", ".join(repr(one.get("name"))[1:-1][:80] for one in files)
        raise Failed(f"version {version} has no file {item['file']}".rstrip(), f"it has: {names[:300]}" if names else "")
    model = said.get("model") if isinstance(said.get("model"), dict) else {}
    kind = "VAE" if found[0].get("type") == "VAE" else str(model.get("type"))
    return [_version_file(found[0], version, site, folders.KINDS.get(kind, ""))]


def _is_safe(one: Mapping[str, Any]) -> bool:
    return str(one.get("name", "")).lower().endswith(SAFE)


def _version_file(one: Mapping[str, Any], version: str, site: str, folder: str) -> File:
    hashes = one.get("hashes") if isinstance(one.get("hashes"), dict) else {}
    url, own = f"/api/download/models/{version}", str(one.get("downloadUrl", ""))
    if own.startswith(f"{site}{url}") and own.isascii() and own.isprintable() and len(own) < web.LONGEST_URL:
        query = "&".join(word for word in urlsplit(own).query.split("&") if word and not word.startswith("token="))
        url = f"{url}?{query}" if query else url
    # `sizeKB` is rounded: the length is what the download says, and the hash judges.
    return {"path": _get(one, "name", str), "url": url, "size": None, "about": _size(one.get("sizeKB"), 1024),
            "sha256": _hash((hashes or {}).get("SHA256")), "revision": "", "folder": folder}  # fmt: skip


def look(site: str, file: File) -> str:
    """The folder that a file's first bytes speak for; nothing where they cannot be had or say nothing."""
    try:
        with web.get(site + file["url"], site, {"Range": f"bytes=0-{HEAD - 1}"}, frozenset({200, 206})) as answer:
            head = b""
            while len(head) < HEAD and (part := answer.read(HEAD - len(head))):
                head += part
    except Failed:
        return ""
    return folders.by_header(head)


def resolve(sites: Mapping[str, str], item: Mapping[str, Any]) -> Iterator[File]:
    """Every file of an item, with its folder as far as it can be told. Raises Failed."""
    ask: Callable[[str, Mapping[str, str]], list[File]] = hub if item["site"] == "hf" else civitai
    site = sites[item["site"]]
    for file in ask(site, item):
        # What CivitAI calls a checkpoint may be a diffusion model alone, which another loader of ComfyUI takes.
        if not item["folder"] and file["folder"] in {"", "checkpoints"} and file["path"].lower().endswith(SAFE):
            file["folder"] = look(site, file) or file["folder"]
        yield file


def _get(value: Any, key: str, kind: type) -> Any:
    found = value.get(key) if isinstance(value, dict) else None
    if not isinstance(found, kind):
        raise Failed(f"the site's answer is not understood: {key} is missing or something else")
    return found


def _size(value: Any, unit: int = 1) -> int | None:
    right = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LARGEST
    return int(value * unit) if right else None


def _hash(value: Any) -> str:
    text = value.lower() if isinstance(value, str) else ""
    return text if _SHA256.fullmatch(text) else ""
