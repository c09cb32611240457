"""What to say where a site asks who wants a model: which token was shown there, by its name, and how to add one."""

from collections.abc import Mapping, Sequence
from typing import Any

# The sites, and the name for a token of theirs. Where they redirect to, none is shown.
NAMES = {"huggingface.co": "HF_TOKEN", "civitai.com": "CIVITAI_TOKEN"}
LICENCE = "accept the licence on the model's page"


def hint(host: object, held: Sequence[Mapping[str, Any]]) -> str:
    """For a 401 or 403 of `host`; empty for a host that is none of the sites'. `held`: WayOut.tokens()."""
    if not isinstance(host, str) or host not in NAMES:
        return ""
    mine = [one for one in held if host in one["hosts"]]
    for one in mine:
        if one["used"]:
            name, another = one["name"], _put(one["name"], *one["hosts"])
            return f"token {name} was shown: {LICENCE} as its owner, or give another: {another}"
    if mine:
        return (f"token {mine[0]['name']} is for {host} and was not shown, because of its --path: look at it: "
                "catalyst vault show-hosts")  # fmt: skip
    for one in held:
        if not one["hosts"]:
            return f"token {one['name']} was not shown, because it names no host: {_put(one['name'], host)}"
    return f"no token for {host} was shown: {LICENCE}, then: {_put(NAMES[host], host)}"


def _put(name: str, *hosts: str) -> str:
    return " ".join(["catalyst vault set", name, *(f"--host {host}" for host in hosts)])
