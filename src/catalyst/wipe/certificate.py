"""What was done, root by root, and what nobody can promise: as JSON with a hash, and as text.

In the words of NIST SP 800-88r2: an overwritten file is at most "Clear, best effort, file level"; destroying the only
key to data that was never on disk in clear is cryptographic erase. Never "Purge", never "unrecoverable".
"""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from catalyst.errors import CatalystError, plain
from catalyst.guard.record import Record
from catalyst.wipe.filesystem import FileSystem

STANDARD = "NIST SP 800-88r2"
METHOD = ("one pass of random bytes over the data of each regular file with one name, fdatasync, truncate, rename to a "
          "random name of the same length, unlink; holes are not written; where a key was destroyed, unlink")  # fmt: skip


class Entry(Record):
    """One path: `done` is wiped, key destroyed, kept, in memory, or not wiped; `counts` are those of an Outcome; `why` where
    it is kept; `trim` what became of the freed blocks."""

    path: str
    done: str
    why: str = ""
    filesystem: FileSystem | None = None
    counts: dict[str, Any] | None = None
    trim: str = ""


def document(entries: Sequence[Entry], *, version: str, started: datetime, notes: Sequence[str] = ()) -> dict[str, Any]:
    """The certificate. `sha256` is of the rest of it, as JSON with sorted keys and no blanks."""
    body = {
        "certificate": "catalyst wipe", "version": 1, "tool": f"catalyst {version}", "kernel": os.uname().release,
        "standard": STANDARD, "method": METHOD,
        "started": started.isoformat(timespec="seconds"), "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "complete": all(one.done != "not wiped" and (one.counts or {}).get("complete", True) for one in entries),
        "paths": [_entry(one) for one in entries], "notes": list(notes),
    }  # fmt: skip
    return {**body, "sha256": digest(body)}


def digest(body: dict[str, Any]) -> str:
    """Of the document without `sha256`."""
    rest = {key: value for key, value in body.items() if key != "sha256"}
    return sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def _entry(one: Entry) -> dict[str, Any]:
    place = {}
    if one.filesystem:
        there = one.filesystem
        place = {"filesystem": there.kind, "source": there.source, "mount_options": there.options,
                 "category": there.category, "trim": one.trim, "not_promised": list(there.not_promised)}  # fmt: skip
    path = os.fsencode(one.path).decode("utf-8", "backslashreplace")
    return {"path": path, "done": one.done, "why": one.why, **place, **(one.counts or {})}


def text(found: dict[str, Any]) -> str:
    """The same for a reader."""
    lines = [f"{found['tool']}: certificate of wiping, {found['standard']}",
             f"{found['started']} to {found['ended']}, kernel {found['kernel']}", f"method: {found['method']}",
             f"result: {'complete' if found['complete'] else 'NOT COMPLETE, see below'}"]  # fmt: skip
    for one in found["paths"]:
        lines += ["", _headline(one), *(f"  {line}" for line in _details(one))]
    lines += ["", *(f"note: {note}" for note in found["notes"]), f"sha256: {found['sha256']}"]
    return "\n".join(lines) + "\n"


def _headline(one: dict[str, Any]) -> str:
    why = f" ({one['why']})" if one["why"] else ""
    return f"{plain(one['path'])}: {one['done']}{why}"


def _details(one: dict[str, Any]) -> list[str]:
    lines = []
    if "filesystem" in one:
        lines += [f"on {one['filesystem']} ({plain(one['source'])}; {plain(one['mount_options'])})",
                  f"category: {one['category']}", *([one["trim"]] if one["trim"] else [])]  # fmt: skip
    if "overwritten" in one:
        lines.append(f"{one['overwritten']} files, {one['bytes']} bytes overwritten; {one['key_destroyed']} removed after "
                     f"their key; {one['folders']} folders removed; {one['unlinked_only']} only unlinked; "
                     f"{one['not_wiped']} not wiped")  # fmt: skip
    lines += [f"{entry['done']}: {plain(entry['path'])}: {entry['why']}" for entry in one.get("exceptions", ())]
    if one.get("left_out"):
        lines.append(f"and {one['left_out']} more")
    return lines + [f"not promised: {what}" for what in one.get("not_promised", ())]


def reserve(file: Path) -> int:
    """A new file for the certificate, before anything is wiped. Raises CatalystError: it is there, or cannot be made."""
    try:
        return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CatalystError(f"the certificate {plain(str(file))} cannot be written: {(error.strerror or '').lower()}",
                            "nothing was wiped; name a file that does not exist yet") from error  # fmt: skip


def store(descriptor: int, found: dict[str, Any], *, as_text: bool) -> None:
    """Write it and close the file. Raises CatalystError."""
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        try:
            stream.write(text(found) if as_text else json.dumps(found, indent=1) + "\n")
            stream.flush()
            os.fsync(descriptor)
        except OSError as error:
            with suppress(OSError):
                stream.close()
            raise CatalystError(f"the certificate could not be written: {(error.strerror or '').lower()}",
                                "print it instead: --json") from error  # fmt: skip
