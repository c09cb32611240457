"""A vulnerability database for Trivy, made here: a bbolt file (format: etcd-io/bbolt, internal/common) with the buckets that
aquasecurity/trivy-db has in its schema 2. A few kilobytes, so no real one is needed."""

import datetime as dt
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PAGE = 4096
LEAF, META, FREE = 2, 4, 0x10
MAGIC, FORMAT = 0xED0CDAED, 2
NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)
FRESH: dict[str, Any] = {"updated": "2026-11-28T00:00:00.123456789Z", "following": "2026-11-30T00:00:00Z"}
STALE: dict[str, Any] = {"updated": "2020-01-01T00:00:00Z", "following": "2020-01-02T00:00:00Z"}
Tree = Mapping[str, Any]  # a bucket: other buckets, or values that are written as JSON

PIP = "pip::GitHub Security Advisory Pip"
CONTENT: Tree = {
    "data-source": {
        "debian 12": {"ID": "debian", "Name": "Debian", "URL": "https://debian.invalid/"},
        PIP: {"ID": "ghsa", "Name": "GHSA", "URL": "https://ghsa.invalid/"},
    },
    PIP: {
        "torch": {"CVE-2025-32434": {"PatchedVersions": ["2.6.0"], "VulnerableVersions": ["< 2.6.0"]}},
        "requests": {"CVE-2018-18074": {"PatchedVersions": ["2.20.0"], "VulnerableVersions": ["<= 2.19.1"]}},
    },
    "vulnerability": {
        "CVE-2025-32434": {"Title": "torch.load", "Description": "x", "Severity": "CRITICAL",
                           "VendorSeverity": {"ghsa": 4}},
        "CVE-2018-18074": {"Title": "requests", "Description": "x", "Severity": "HIGH", "VendorSeverity": {"ghsa": 3}},
    },
}
BUCKETS = {"data-source": 1, PIP: 2, "vulnerability": 1}  # how deep the buckets are; below it are values


def write(folder: Path, *, updated: str, following: str, version: int = 2, content: Tree = CONTENT) -> None:
    """CACHE/db/trivy.db and metadata.json."""
    (folder / "db").mkdir(parents=True, exist_ok=True)
    (folder / "db/trivy.db").write_bytes(_File(content).data())
    (folder / "db/metadata.json").write_text(json.dumps(
        {"Version": version, "UpdatedAt": updated, "NextUpdate": following, "DownloadedAt": updated}))


class _File:
    def __init__(self, content: Tree) -> None:
        self.pages: dict[int, bytes] = {}
        self.next = 4
        self.root = self._bucket({name: (depth_of, content[name]) for name, depth_of in BUCKETS.items()
                                  if name in content})

    def _bucket(self, entries: Mapping[str, tuple[int, Any]]) -> int:
        """One leaf; what is a bucket in it has a leaf of its own and is told by its page."""
        items = []
        for name in sorted(entries, key=str.encode):
            depth, value = entries[name]
            if depth:
                page = self._bucket({key: (depth - 1, one) for key, one in value.items()})
                items.append((1, name.encode(), struct.pack("<QQ", page, 0)))
            else:
                items.append((0, name.encode(), json.dumps(value).encode()))
        return self._leaf(items)

    def _leaf(self, items: list[tuple[int, bytes, bytes]]) -> int:
        head, body = b"", b""
        for at, (flags, key, value) in enumerate(items):
            position = 16 * (len(items) - at) + len(body)
            head += struct.pack("<IIII", flags, position, len(key), len(value))
            body += key + value
        data = head + body
        more = (16 + len(data) - 1) // PAGE
        number, self.next = self.next, self.next + 1 + more
        self.pages[number] = struct.pack("<QHHI", number, LEAF, len(items), more) + data
        return number

    def data(self) -> bytes:
        pages = {0: self._meta(0), 1: self._meta(1), 2: struct.pack("<QHHI", 2, FREE, 0, 0),
                 3: struct.pack("<QHHI", 3, LEAF, 0, 0), **self.pages}  # fmt: skip
        whole = bytearray(self.next * PAGE)
        for number, page in pages.items():
            whole[number * PAGE : number * PAGE + len(page)] = page
        return bytes(whole)

    def _meta(self, number: int) -> bytes:
        body = struct.pack("<IIIIQQQQQ", MAGIC, FORMAT, PAGE, 0, self.root, 0, 2, self.next, number)
        checksum = 0xCBF29CE484222325
        for byte in body:
            checksum = ((checksum ^ byte) * 0x100000001B3) & (1 << 64) - 1
        return struct.pack("<QHHI", number, META, 0, 0) + body + struct.pack("<Q", checksum)
