"""One file into the staging folder: gone on with where it broke off, hashed as it comes, never longer than promised.

`ID.part` holds the bytes. What an earlier run left is gone on with only if a hash is known that judges the whole: the folder
is one that a workload may write, so its part could be anybody's. Within a run the server must say that it is still the
same file (If-Range), or the hash does.
"""

import errno
import hashlib
import os
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from catalyst.fetcher import web
from catalyst.fetcher.failed import Failed

MOST_TRIES = 5  # in a row without a byte
LONGEST_WAIT = 120.0  # s that a server may ask us to wait
CHUNK = 1 << 20
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")
_STRONG = re.compile(r'"[!#-~]{1,500}"')  # a weak validator does not speak of bytes (RFC 9110, 8.8.1)
Tell = Callable[[int], None]


class Part:
    """The staging file of one item, open; `have` bytes that `digest` has seen."""

    def __init__(self, folder: str, item: Mapping[str, Any]) -> None:
        self.item, self.size, self.sha256 = item, item["size"], item["sha256"]
        self._name = f"{folder}/{item['id']}.part"
        self._file = os.open(self._name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        self.have, self.digest, self.etag = 0, hashlib.sha256(), ""
        self.pieced = False  # it may be made of two files
        if self.sha256:
            while data := os.read(self._file, CHUNK):
                self.digest.update(data)
                self.have += len(data)
            self.pieced = self.have > 0
        if not self.have or (self.size is not None and self.have > self.size):
            self.restart()

    def restart(self) -> None:
        """Throw away what is there."""
        os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        self.have, self.digest, self.etag, self.pieced = 0, hashlib.sha256(), "", False

    def write(self, data: bytes) -> None:
        """Append. Raises Failed when the disk is full, or for more bytes than promised."""
        most = self.item["most"] if self.size is None else self.size
        if self.have + len(data) > most:
            raise Failed(f"more than the {most} bytes that {'were promised' if self.size else 'there is room for'} arrive")
        view = memoryview(data)
        while view:
            try:
                written = os.write(self._file, view)
            except OSError as error:
                if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                    raise Failed("the disk is full", "make room: df -h; the part that is there stays") from None
                raise Failed(f"it cannot be written: {os.strerror(error.errno or 0).lower()}") from None
            self.digest.update(view[:written])
            self.have += written
            view = view[written:]

    def finish(self) -> str:
        """On disk for good; its sha256."""
        os.fsync(self._file)
        return self.digest.hexdigest()

    def remove(self) -> None:
        """Nothing of it is worth keeping."""
        os.unlink(self._name)

    def close(self) -> None:
        """Let go."""
        os.close(self._file)


def in_time(until: float) -> None:
    """Raises Failed after that moment."""
    if time.monotonic() > until:
        raise Failed("time is up (DOWNLOAD_TIMEOUT)", "catalyst fetch goes on where it broke off")


def download(folder: str, site: str, item: Mapping[str, Any], tell: Tell, until: float) -> tuple[int, str]:
    """Bytes and sha256 of the finished part. Raises Failed; what arrived stays, unless its hash is wrong."""
    part = Part(folder, item)
    try:
        _complete(part, site, tell, until)
        found = part.finish()
        if part.sha256 and found != part.sha256 and part.pieced:
            part.restart()  # two files in one, perhaps; once more from the start
            _complete(part, site, tell, until)
            found = part.finish()
        if part.sha256 and found != part.sha256:
            part.remove()
            raise Failed(f"its sha256 is {found}, and {part.sha256} was promised",
                         "do not use it from anywhere else either, unless you know why")  # fmt: skip
        return part.have, found
    finally:
        part.close()


def _complete(part: Part, site: str, tell: Tell, until: float) -> None:
    """Ask until the last byte is there. Raises Failed when asking again does not help."""
    tries = 0
    while part.size is None or part.have < part.size:
        had = part.have
        try:
            _once(part, site, tell, until)
            return
        except Failed as failed:
            tries = 1 if part.have > had else tries + 1
            if not failed.again or tries >= MOST_TRIES:
                raise
            wait = min(2.0 ** (tries - 1), 30.0) if failed.after is None else failed.after
            if wait > LONGEST_WAIT or time.monotonic() + wait > until:
                raise Failed(f"{failed}, and asks to come back in {wait:.0f} s" if failed.after else f"{failed}; time is up",
                             "catalyst fetch goes on where it broke off") from None  # fmt: skip
            time.sleep(wait)


def _once(part: Part, site: str, tell: Tell, until: float) -> None:
    """One request, to the end of the file. Raises Failed."""
    if part.have and not part.etag and not part.sha256:
        part.restart()
    headers = {"Range": f"bytes={part.have}-"} if part.have else {}
    if part.have and part.etag:
        headers["If-Range"] = part.etag
    with web.get(site + part.item["url"], site, headers, frozenset({200, 206, 416})) as answer:
        if answer.status == 416 and answer.headers.get("content-range") == f"bytes */{part.have}":
            return  # nothing was missing; only the site's word on its length was
        end = _from_where(part, answer)
        while data := answer.read(CHUNK):
            part.write(data)
            tell(part.have)
            in_time(until)
        if end is not None and part.have != end:
            raise Failed(f"{answer.host} broke off at byte {part.have} of {end}", again=True)
        if end is None and part.size is None and not answer.delimited and not part.sha256:
            raise Failed(f"{answer.host} does not say how long it is, and no hash is known, so it may be cut short")
        if part.size is not None and part.have != part.size:
            raise Failed(f"{answer.host} broke off at byte {part.have} of {part.size}", again=True)


def _from_where(part: Part, answer: web.Answer) -> int | None:
    """Make the part ready for what comes; how long it will be in the end, None where nothing says so. Raises Failed."""
    etag = answer.headers.get("etag", "")
    if answer.status == 416:
        part.restart()
        raise Failed(f"{answer.host} has no such part; it begins anew", again=True)
    if answer.status == 200:
        if part.have:
            part.restart()
        part.etag = etag if _STRONG.fullmatch(etag) else ""
        end = answer.length
    else:
        found = _RANGE.fullmatch(answer.headers.get("content-range", ""))
        if found is None or int(found[1]) != part.have or int(found[2]) + 1 != int(found[3]) or not part.have:
            part.restart()
            raise Failed(f"{answer.host} sends another part than the one asked for", again=True)
        if part.etag and etag and etag != part.etag:
            part.restart()
            raise Failed(f"{answer.host} has another file by now; it begins anew", again=True)
        end, part.pieced = int(found[3]), True
    if end is not None and part.size is not None and end != part.size:
        raise Failed(f"{answer.host} offers {end} bytes, and {part.size} were promised")
    if end is not None and end > part.item["most"]:
        raise Failed(f"{answer.host} offers {end} bytes, and there is room for {part.item['most']}", "make room: df -h")
    return end
