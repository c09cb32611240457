"""What the first program of a container says before anything starts."""

import pytest

from catalyst.container import entrypoint
from unit.container.test_tokens import KERNEL, ready


@pytest.mark.parametrize(("given", "names"), [
    ({}, ""),
    ({"hf_repos_to_download": "owner/repo", "civitai_vaes_to_download": "1,2"},
     "HF_REPOS_TO_DOWNLOAD, CIVITAI_VAES_TO_DOWNLOAD"),
    ({"models": "/data/models.toml"}, "CATALYST_MODELS"),
])  # fmt: skip
def test_models_that_nobody_will_fetch_are_no_silence(given: dict[str, str], names: str) -> None:
    said: list[str] = []
    entrypoint._say_gaps(ready(KERNEL, **given), said.append)
    assert [one for one in said if "fetch" in one] == ([f"{names}: {entrypoint.NOT_FETCHED}"] if names else [])
