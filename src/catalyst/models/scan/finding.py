"""What a scan says: findings, and for each file whether it could be judged at all."""

from catalyst.guard.record import Record


class Finding(Record):
    """One thing found. `rule` is an id of `rules.py`; `inside` names a member of an archive; `line` counts from 1."""

    rule: str
    path: str
    evidence: str
    inside: str = ""
    line: int = 1


class Examined(Record):
    """One file: what its content is, its size in bytes, and why it could not be judged; empty when it could."""

    path: str
    kind: str
    size: int
    unjudged: str = ""


class NotJudged(Exception):
    """A limit was reached, or the file cannot be read to its end: nothing may be said of it but that."""
