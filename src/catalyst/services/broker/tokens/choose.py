"""Which token goes with a request, if any. Pure."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from catalyst.egress.hub import BEHIND_HUB
from catalyst.vault.document import Token
from catalyst.vault.reading import Place, allows

# A token whose owner named no path would open the account of these hosts too: names, keys, a session for a Space. So it goes
# with what reading a model needs, and nothing else. Sources: the paths huggingface_hub 2.4 and CivitAI's REST pages name.
_ONE = "[^/]+"
_REPOSITORY = f"(?:datasets/)?{_ONE}(?:/{_ONE})?"
_HUGGING_FACE = re.compile(
    rf"/api/(?:models|datasets)(?:/{_ONE}){{0,2}}(?:/(?:revision|tree|refs|commits|treesize|compare|xet-read-token)(?:/.*)?)?"
    rf"|/api/resolve-cache/(?:models|datasets)/.+"
    rf"|/{_REPOSITORY}/(?:resolve|raw)/.+"
)
_CIVITAI = re.compile(r"/api/download/.+|/api/v1/(?:models|model-versions|images|tags|creators)(?:/.*)?")
READS = {BEHIND_HUB: _HUGGING_FACE, "civitai.com": _CIVITAI, "civitai.red": _CIVITAI}
# Hugging Face answers with credentials here, whatever paths the owner named.
_XET_READ = "xet-read-token"
_NEVER_IN_THE_API = frozenset({"xet-write-token", "jwt", "oauth", "settings", "whoami-v2", "whoami"})
_NEVER_AT_THE_TOP = frozenset({"oauth", "settings", "login", "logout"})


def token_for(tokens: Iterable[Token], place: Place, *, xet: bool) -> Token | None:
    """The token for a request to `place`, whose path is as it stands in the request, without a query.

    Of several the one with the longest prefix, then by name. `xet`: the owner lets the workload have Xet's tokens.
    """
    path = _decoded(place.path)
    if path is None or not path.startswith("/") or (place.host == BEHIND_HUB and not _hub_gives_none(path, xet=xet)):
        return None
    seen = Place(place.host, place.port, place.method, path)
    fitting = [(-_prefix(one, place.path), one.name, one) for one in tokens
               if allows(one, seen) and _prefix(one, place.path) and _reads(one, place, path)]  # fmt: skip
    return min(fitting, key=lambda found: found[:2])[2] if fitting else None


def _decoded(raw: str) -> str | None:
    """The path as a server may read it; None where two could read it differently."""
    try:
        text = unquote(raw, errors="strict")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() and not {"%", "\\", ";"} & set(text) else None


def _hub_gives_none(path: str, *, xet: bool) -> bool:
    _, top, *more = path.split("/")
    if top != "api":
        return top not in _NEVER_AT_THE_TOP
    return not _NEVER_IN_THE_API & set(more) and (xet or _XET_READ not in more)


def _prefix(token: Token, raw: str) -> int:
    """How long the longest of its prefixes is that the path has as it was sent, nothing in it decoded; 0: none."""
    return max((len(one) for one in token.paths if raw == one or raw.startswith(one.rstrip("/") + "/")), default=0)


def _reads(token: Token, place: Place, path: str) -> bool:
    reads = READS.get(place.host) if place.port == 443 and token.paths == ("/",) else None
    return reads is None or bool(reads.fullmatch(place.path) and reads.fullmatch(path))
