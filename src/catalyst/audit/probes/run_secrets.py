"""Where Docker, Podman and Kubernetes put secrets, and where a vault would be."""

from functools import partial
from pathlib import Path

from catalyst.audit.inside.acts.files import absent, count_bytes
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, first_allowed

FOLDER = Path("/run/secrets")


def act(_: Context) -> Answer:
    """Any file at any depth."""
    files = [path for path in sorted(FOLDER.rglob("*")) if not path.is_dir()]
    return first_allowed([partial(count_bytes, path) for path in files], "") if files else absent(f"file in {FOLDER}")


PROBE = Probe(
    id="run-secrets",
    theme="read",
    title="take secrets handed to the container",
    origin="I9",
    control="namespaces",
    layers=ENGINES,
    act=act,
)
