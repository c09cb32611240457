"""One thing that is wanted, and how it is written: hf:OWNER/REPO[/FILE][@REVISION], civitai:VERSION, a page's address."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

from catalyst.errors import SourceRefused
from catalyst.fetcher.folders import FOLDERS
from catalyst.guard.record import Record

_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
_VERSION = re.compile(r"[1-9][0-9]{0,11}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
HUB, CIVITAI = "hf", "civitai"


class Wanted(Record):
    """A file, or all model files of a repository. `folder` and `name` are empty where they are to be found out.

    `allow`: take it although it is no safetensors or gguf, or the scan found something; only with a `sha256`.
    `origin` says where that was written, for messages.
    """

    site: str
    repo: str = ""
    file: str = ""
    revision: str = ""
    version: str = ""
    folder: str = ""
    name: str = ""
    sha256: str = ""
    allow: bool = False
    origin: str = "command line"

    @property
    def source(self) -> str:
        """The short form of what is wanted; the lock file's key."""
        if self.site == CIVITAI:
            return f"civitai:{self.version}{f'/{self.file}' if self.file else ''}"
        at = f"@{self.revision}" if self.revision else ""
        return f"hf:{self.repo}{f'/{self.file}' if self.file else ''}{at}"


def parse(text: str, origin: str = "command line", folder: str = "") -> Wanted:
    """A source as it is written. Raises SourceRefused."""
    if text.startswith(("https://", "http://")):
        return _address(text, origin, folder)
    site, colon, rest = text.partition(":")
    if not colon or site not in {"hf", "huggingface", "civitai"}:
        raise SourceRefused(origin, text, "it names no site", "hf:OWNER/REPO/FILE or civitai:VERSION")
    if site == "civitai":
        return checked(Wanted(CIVITAI, version=rest, folder=folder, origin=origin), text)
    return _repository(rest, text, origin, folder)


def _repository(rest: str, text: str, origin: str, folder: str) -> Wanted:
    if rest.endswith(("/", "@")):
        raise SourceRefused(origin, text, "it breaks off", "hf:OWNER/REPO/FILE@REVISION")
    before, at, revision = rest.rpartition("@")
    path, revision = (before, revision) if at else (rest, "")
    owner, _, more = path.partition("/")
    name, _, file = more.partition("/")
    return checked(Wanted(HUB, repo=f"{owner}/{name}", file=file, revision=revision, folder=folder, origin=origin), text)


def _address(text: str, origin: str, folder: str) -> Wanted:
    """A page of one of the sites, as it is copied from a browser."""
    try:
        parts = urlsplit(text)
    except ValueError:
        raise SourceRefused(origin, text, "it is no address", "hf:OWNER/REPO/FILE or civitai:VERSION") from None
    words = [unquote(word) for word in parts.path.strip("/").split("/")]
    if parts.hostname in {"huggingface.co", "hf.co"} and len(words) > 4 and words[2] in {"resolve", "blob"}:
        return checked(Wanted(HUB, repo="/".join(words[:2]), file="/".join(words[4:]), revision=words[3], folder=folder,
                              origin=origin), text)  # fmt: skip
    if parts.hostname in {"huggingface.co", "hf.co"} and len(words) == 2:
        return checked(Wanted(HUB, repo="/".join(words), folder=folder, origin=origin), text)
    if parts.hostname in {"civitai.com", "www.civitai.com", "civitai.red"}:
        version = parse_qs(parts.query).get("modelVersionId", [""])[0] or (words[-1] if words[0] == "api" else "")
        return checked(Wanted(CIVITAI, version=version, folder=folder, origin=origin), text)
    raise SourceRefused(origin, text, "it is no page of a model", "hf:OWNER/REPO/FILE or civitai:VERSION")


def checked(wanted: Wanted, text: str = "") -> Wanted:
    """`wanted` itself. Raises SourceRefused where a part of it cannot be one."""

    def refuse(why: str, instead: str) -> SourceRefused:
        return SourceRefused(wanted.origin, text or wanted.source, why, instead)

    if wanted.site == CIVITAI and not _VERSION.fullmatch(wanted.version):
        raise refuse("a version of CivitAI is a number, modelVersionId in its page's address", "civitai:128713")
    if wanted.site == HUB and (not _REPO.fullmatch(wanted.repo) or ".." in wanted.repo):
        raise refuse("a repository is OWNER/REPO", "hf:stabilityai/sdxl-vae/sdxl_vae.safetensors")
    if wanted.revision and (not _REVISION.fullmatch(wanted.revision) or ".." in wanted.revision):
        raise refuse("a revision is a branch, a tag or a commit", "hf:OWNER/REPO/FILE@main")
    if wanted.file and not _is_path(wanted.file):
        raise refuse("a file is a relative path of printable characters", "hf:OWNER/REPO/folder/model.safetensors")
    if wanted.folder and wanted.folder not in FOLDERS:
        raise refuse(f"ComfyUI has no folder {wanted.folder!a:.80}", f"one of {', '.join(sorted(FOLDERS))}")
    if wanted.sha256 and not _SHA256.fullmatch(wanted.sha256):
        raise refuse("a sha256 is 64 digits of 0-9a-f", "sha256sum FILE prints it")
    if wanted.allow and not wanted.sha256:
        raise refuse("what is allowed is allowed by its hash, and there is none", 'add sha256 = "…"')
    return wanted


def _is_path(path: str) -> bool:
    parts = path.split("/")
    return path.isprintable() and len(path) <= 500 and not {"", ".", ".."} & set(parts) and "\\" not in path
