"""Logins that tools keep in the home folder, in the order in which NadMesh looked for them."""

from catalyst.audit.inside.acts.files import in_home
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="home-cloud",
    theme="read",
    title="take cloud, git and HuggingFace logins",
    origin="I7, I9",
    control="namespaces",
    layers=ENGINES,
    act=in_home(
        ".aws", ".config/gcloud", ".azure", ".netrc", ".git-credentials", ".cache/huggingface/token",
        ".huggingface/token", ".config/gh/hosts.yml",
    ),
)  # fmt: skip
