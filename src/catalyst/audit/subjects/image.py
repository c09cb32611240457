"""An image as `docker save` and `podman save` write it, gone through without unpacking anything to the disk.

Layers are read from the lowest to the highest, so that what a later one deletes is known to lie in an earlier one.
"""

import io
import json
import re
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from catalyst.audit import look
from catalyst.audit.facts import Image, ImageFile
from catalyst.audit.run import Subject
from catalyst.engine import process
from catalyst.errors import CatalystError, SubjectUnreadable, plain, shown

MOST_MEMBERS, MOST_JSON, MOST_SECRET = 2_000_000, 8 << 20, 64 << 10
SAVE_WITHIN = 600.0
WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"
# Where a secret in a file is looked for; package managers' own trees hold keys that are public.
NOT_LOOKED_AT = re.compile(
    r"^(?:usr/(?:lib|share|include|src)|var/lib/(?:dpkg|rpm|apt)|lib|proc|sys)/|/site-packages/|/dist-packages/|/tests?/|"
    r"/node_modules/"
)
NAMES = re.compile(
    r"(?:^|/)(?:id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|\.git-credentials|\.pypirc|\.npmrc|\.env|\.aws/credentials|"
    r"\.docker/config\.json|\.kube/config|\.huggingface/token|\.cache/huggingface/token)$"
)
LISTS = re.compile(
    r"^var/lib/apt/lists/.+_(?:Packages|InRelease|Release)|^var/cache/apk/APKINDEX|^var/cache/(?:dnf|yum)/.+/repodata/"
)
INFO = re.compile(r"/([A-Za-z0-9_.]+)-([^/-]+)\.dist-info/METADATA$")


Also = Callable[[str], tuple[tuple[Any, ...], tuple[str, ...]]]  # from the tar: more facts, and what was not done


def of_engine(engine: str, name: str, also: Also) -> Subject:
    """An image that an engine has; saved to a temporary file, which `also` looks at too. Raises CatalystError."""
    with tempfile.TemporaryDirectory(prefix="catalyst-") as folder:
        file = f"{folder}/image.tar"
        answer = process.run([engine, "save", "--output", file, name], timeout=SAVE_WITHIN)
        if answer.code == process.MISSING:
            raise CatalystError(f"{engine} is not installed", "name the other engine: --engine podman")
        if answer.code != 0:
            raise CatalystError(f"{engine} has no image {shown(name)}: {plain(answer.err.strip())}", f"{engine} images")
        found = of_tar(file, also)
    return Subject("image", name, found.facts, found.undone)


def of_tar(name: str, also: Also) -> Subject:
    """An image in a file. Raises SubjectUnreadable."""
    try:
        with tarfile.open(name) as archive:
            found = _read(archive, name)
    except (tarfile.TarError, OSError, EOFError, ValueError, LookupError, TypeError, AttributeError,
            RecursionError) as error:
        raise SubjectUnreadable(name, 0, f"no image as docker save writes it: {error}") from error
    facts, undone = also(name)
    return Subject("image", name, (*found.facts, *facts), (*found.undone, *undone))


def _read(archive: tarfile.TarFile, name: str) -> Subject:
    (manifest,) = _json(archive, "manifest.json")
    config = _json(archive, str(manifest["Config"]))
    tree = _Tree()
    for layer in manifest["Layers"]:
        with _open(archive, str(layer)) as stream, tarfile.open(fileobj=stream) as inner:
            tree.layer(inner)
    history = tuple(str(one.get("created_by", "")) for one in config.get("history") or ())
    facts = Image(config=dict(config.get("config") or {}), history=history, **tree.facts())
    return Subject("image", name, (facts,))


def _json(archive: tarfile.TarFile, name: str) -> Any:
    with _open(archive, name) as stream:
        data = stream.read(MOST_JSON + 1)
    if len(data) > MOST_JSON:
        raise ValueError(f"{name} is too large")
    return json.loads(data)


def _open(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    """A member, through one link: docker writes the same layer once."""
    member = archive.getmember(name)
    if member.issym():
        member = archive.getmember(look.normal(f"/{Path(name).parent}/{member.linkname}")[1:])
    stream = archive.extractfile(member)
    if stream is None:
        raise ValueError(f"{name} is no file")
    return stream


class _Tree:
    def __init__(self) -> None:
        self._files: dict[str, ImageFile] = {}
        self._texts: dict[str, str] = {}
        self._packages: dict[str, tuple[str, str]] = {}
        self._lists: set[str] = set()
        self._gone: dict[str, ImageFile] = {}
        self._members = 0

    def layer(self, inner: tarfile.TarFile) -> None:
        """One layer on top of those before."""
        for member in inner:
            self._members += 1
            if self._members > MOST_MEMBERS:
                raise ValueError(f"more than {MOST_MEMBERS} files")
            path = look.normal(f"/{member.name}")[1:]
            base = path.rpartition("/")[2]
            if base == OPAQUE:
                self._remove(path.rpartition("/")[0])
            elif base.startswith(WHITEOUT):
                self._remove(f"{path.rpartition('/')[0]}/{base.removeprefix(WHITEOUT)}".lstrip("/"))
            else:
                self._add(inner, member, path)

    def _remove(self, path: str) -> None:
        """What lies at and below a path is hidden from here on; a secret stays in the layer all the same."""
        for table in (self._files, self._texts, self._packages):
            for one in [key for key in table if key == path or key.startswith(f"{path}/")]:
                gone = table.pop(one)
                if isinstance(gone, ImageFile) and gone.secret:
                    self._gone[one] = gone
        self._lists = {one for one in self._lists if one != path and not one.startswith(f"{path}/")}

    def _add(self, inner: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> None:
        self._files.pop(path, None)
        if LISTS.search(path):
            self._lists.add(path)
        if found := INFO.search(path):
            self._packages[path] = (found[1].lower().replace("_", "-"), found[2])
        secret = ""
        if member.isfile():
            if path in {"etc/passwd", "etc/shadow"}:
                self._texts[path] = self._text(inner, member)
            elif 0 < member.size <= MOST_SECRET and not NOT_LOOKED_AT.search(path):
                secret = look.token_in(self._text(inner, member)) or ("a secret, by its name" if NAMES.search(path)
                                                                      else "")
        if secret or _matters(member, path):
            self._files[path] = ImageFile(f"/{path}", member.mode, member.uid, member.gid, secret)

    @staticmethod
    def _text(inner: tarfile.TarFile, member: tarfile.TarInfo) -> str:
        stream = inner.extractfile(member) or io.BytesIO()
        return stream.read(MOST_SECRET).decode("utf-8", "replace")

    def facts(self) -> dict[str, Any]:
        """What there is of it in facts.Image."""
        gone = (ImageFile(one.path, one.mode, one.uid, one.gid, f"{one.secret}, in a layer below the one that deletes it")
                for one in self._gone.values())  # fmt: skip
        return {
            "files": (*self._files.values(), *gone),
            "passwd": tuple(self._texts.get("etc/passwd", "").splitlines()),
            "shadow": tuple(self._texts.get("etc/shadow", "").splitlines()),
            "packages": dict(self._packages.values()), "package_lists": tuple(sorted(self._lists)),
        }  # fmt: skip


def _matters(member: tarfile.TarInfo, path: str) -> bool:
    """Setuid or setgid programs, and what everybody may write."""
    if member.isfile():
        return bool(member.mode & 0o6002)
    return member.isdir() and member.mode & 0o1002 == 0o002 and path not in {"tmp", "var/tmp", "dev/shm"}


def example(text: str) -> Image:
    """From JSON of the fields of facts.Image, for the examples of checks."""
    given: Mapping[str, Any] = json.loads(text)
    files = tuple(ImageFile(*one) for one in given.get("files", ()))
    return Image(config=given.get("config", {}), history=tuple(given.get("history", ())), files=files,
                 passwd=tuple(given.get("passwd", ())), shadow=tuple(given.get("shadow", ())),
                 packages=given.get("packages", {}), package_lists=tuple(given.get("package_lists", ())))  # fmt: skip
