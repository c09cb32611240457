"""What must hold before anything starts: design §3, row "what cannot be enforced here"."""

from collections.abc import Iterable, Mapping

from catalyst.errors import Unenforceable
from catalyst.policy.build import Control
from catalyst.policy.model import Enforced, Enforcement, NotEnforced, Partly
from catalyst.settings import Level, Settings


def words(answer: Enforcement) -> str:
    """An answer as a user reads it."""
    match answer:
        case Enforced():
            return "enforced"
        case Partly(missing):
            return f"partly ({missing})"
        case NotEnforced(why):
            return f"not enforced ({why})"


def insist(
    settings: Settings,
    controls: Iterable[Control],
    overall: Mapping[str, Enforcement],
    layers: Mapping[str, Mapping[str, Enforcement]],
) -> None:
    """Raises Unenforceable (exit 6) for the first control that must hold and does not.

    `overall` has an entry for each control the policy uses, `layers` says why. `normal` insists on nothing and
    reports; `high` needs the core controls, `maximum` every control; PARANOID_MODE does not take *partly* either.
    """
    if settings.security_level is Level.NORMAL:
        return
    level = settings.security_level.name.lower()
    because = "PARANOID_MODE=true" if settings.paranoid_mode else f"SECURITY_LEVEL={level}"
    for control in controls:
        if control.id not in overall or not (control.core or settings.security_level is Level.MAXIMUM):
            continue
        answer = overall[control.id]
        if isinstance(answer, NotEnforced) or (settings.paranoid_mode and isinstance(answer, Partly)):
            raise Unenforceable(control.id, because, {layer: words(one) for layer, one in layers[control.id].items()})
