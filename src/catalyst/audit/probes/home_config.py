"""What programs keep of their owner: ~/.config holds logins of browsers, editors and clouds."""

from catalyst.audit.inside.acts.files import in_home
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="home-config",
    theme="read",
    title="look into the home folder's configuration",
    origin="linPEAS",
    control="namespaces",
    layers=ENGINES,
    act=in_home(".config", ".local/share"),
)
