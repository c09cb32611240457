"""What opens the vault, where Catalyst and its users keep it."""

from functools import partial
from pathlib import Path

from catalyst.audit.inside.acts.files import count_bytes, home_of_the_user, matching
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, first_allowed, unknown

KEPT = (".config/catalyst/*.key*", ".config/age/*", ".config/sops/age/keys.txt", ".age/*")


def act(context: Context) -> Answer:
    """Beside the vault, in the user's folders, among mounted secrets."""
    bait = context.bait.get("vault")
    if not bait:
        return unknown("no bait was laid")
    home = matching(str(home_of_the_user(context)), *KEPT)
    files = [Path(f"{bait}.key"), *(path for path in home if path.is_file()), Path("/run/secrets/catalyst-vault-identity")]
    return first_allowed([partial(count_bytes, path) for path in files], "")


PROBE = Probe(
    id="vault-identity",
    theme="read",
    title="take the identity that opens the token vault",
    origin="general",
    control="namespaces",
    layers=ENGINES,
    act=act,
)
