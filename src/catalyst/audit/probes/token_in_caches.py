"""Programs keep the token they were given once: huggingface_hub in HF_HOME, comfy-cli and CivitAI's tools in their settings.

Catalyst gives them none, so there is none to keep; one that a node brought itself would be found here.
"""

from functools import partial
from pathlib import Path

from catalyst.audit.inside.acts.files import absent, count_bytes, home_of_the_user, matching
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, first_allowed

IN_CACHES = ("huggingface/token", "huggingface/stored_tokens", "*/token", "*/stored_tokens")
IN_HOMES = (".cache/huggingface/token", ".cache/huggingface/stored_tokens", ".config/comfy-cli/config.ini", ".civitai/*")


def act(context: Context) -> Answer:
    """In the workload's own cache, and in the home of the user who started it."""
    cache = context.places.get("cache")
    found = matching(str(cache), *IN_CACHES) if cache else []
    found += matching(str(home_of_the_user(context)), *IN_HOMES)
    files: list[Path] = [path for path in dict.fromkeys(found) if path.is_file()]
    return first_allowed([partial(count_bytes, path) for path in files], "") if files else absent("token in a cache")


PROBE = Probe(
    id="token-in-caches",
    theme="read",
    title="take a token that a program has put by",
    origin="I9",
    control="namespaces",
    layers=ENGINES,
    act=act,
)
