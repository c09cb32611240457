"""PR_SET_SECUREBITS decides whether root's user id brings root's capabilities; it takes CAP_SETPCAP. In this child only."""

from catalyst.audit.inside import native
from catalyst.audit.inside.probe import CONTAINERS, GUARD, Answer, Context, Probe, allowed, unknown

PR_SET_SECUREBITS, KEEP_CAPS = 28, 1 << 4


def act(_: Context) -> Answer:
    """The kernel asks for the capability before it sets anything."""
    try:
        native.call("prctl", PR_SET_SECUREBITS, KEEP_CAPS, 0, 0, 0)
    except native.UnknownMachine as error:
        return unknown(str(error))
    return allowed("it could set its secure bits")


PROBE = Probe(
    id="secure-bits",
    theme="identity",
    title="change how user ids bring capabilities (securebits)",
    origin="general",
    control="capabilities",
    layers=(*CONTAINERS, GUARD),
    also=("identity",),
    needs_root=True,
    act=act,
)
