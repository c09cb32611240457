"""SSH keys, with which GHOST moved on to the next machine."""

from catalyst.audit.inside.acts.files import in_home
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="home-ssh",
    theme="read",
    title="take the SSH keys in the home folder",
    origin="I7",
    control="namespaces",
    layers=ENGINES,
    act=in_home(".ssh"),
)
