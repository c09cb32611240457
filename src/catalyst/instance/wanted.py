"""What a data directory is to get: from the manifest, from the variables, from the command line."""

import os
from collections.abc import Sequence
from pathlib import Path

from catalyst import settings_file
from catalyst.guard.record import Record
from catalyst.models.fetch import manifest
from catalyst.models.fetch.wanted import Wanted, parse
from catalyst.settings import FIELDS, Settings

MANIFEST = Path("models.toml")
CIVITAI = (("checkpoints", "civitai_checkpoints_to_download"), ("loras", "civitai_loras_to_download"),
           ("vae", "civitai_vaes_to_download"))  # fmt: skip


class Order(Record):
    """What is wanted, and the manifest that says so; None where there is none."""

    wanted: tuple[Wanted, ...]
    manifest: Path | None


def standing(settings: Settings) -> list[Order]:
    """What manifest and variables ask for. Raises SettingsError for anything that is not understood."""
    file = Path(settings.models) if settings.models else Path(os.path.realpath(MANIFEST))
    if not settings.models:
        settings_file.not_the_workloads(MANIFEST)
    text = settings_file.owned_text(file, "CATALYST_MODELS", required=bool(settings.models))
    orders = []
    if text is not None:
        orders.append(Order(tuple(manifest.read(text, str(file))), file))
    variables = [parse(f"hf:{repo}", settings.origin["hf_repos_to_download"]) for repo in settings.hf_repos_to_download]
    for folder, key in CIVITAI:
        variables += [parse(f"civitai:{version}", settings.origin[key], folder) for version in getattr(settings, key)]
    if variables:
        orders.append(Order(tuple(variables), None))
    return [order for order in orders if order.wanted]


def asked(settings: Settings) -> list[str]:
    """The variables that ask for models."""
    keys = ("models", "hf_repos_to_download", *(key for _, key in CIVITAI))
    return [field.variable for field in FIELDS if field.key in keys and getattr(settings, field.key)]


def named(sources: Sequence[str]) -> list[Order]:
    """What a command line asks for. Raises SourceRefused."""
    found = [parse(source) for source in sources]
    return [Order(tuple({one.source: one for one in found}.values()), None)]
