"""Shell histories hold what was typed, tokens included."""

from catalyst.audit.inside.acts.files import in_home
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="home-history",
    theme="read",
    title="take the shell's history",
    origin="linPEAS",
    control="namespaces",
    layers=ENGINES,
    act=in_home(".bash_history", ".zsh_history", ".python_history", ".local/share/fish/fish_history"),
)
