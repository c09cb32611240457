"""What the first program of a container says before anything starts."""

import pytest

from catalyst.container import entrypoint, told
from unit.container.test_tokens import KERNEL, ready


@pytest.mark.parametrize(("given", "names"), [
    ({}, ""),
    ({"hf_repos_to_download": "owner/repo", "civitai_vaes_to_download": "1,2"},
     "HF_REPOS_TO_DOWNLOAD, CIVITAI_VAES_TO_DOWNLOAD"),
    ({"models": "/data/models.toml"}, "CATALYST_MODELS"),
])  # fmt: skip
def test_models_that_nobody_will_fetch_are_no_silence(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], names: str
) -> None:
    """In the workload's container of two."""
    said: list[str] = []
    start = ready(KERNEL, **given)
    monkeypatch.setattr(entrypoint, "_start", lambda *_, **__: start)
    for name in ("_state", "_become_guard"):
        monkeypatch.setattr(entrypoint, name, lambda *_: None)
    monkeypatch.setattr(told, "hear", lambda *_: False)
    entrypoint.workload(start.settings, said.append, list)
    assert [one for one in said if "fetch" in one] == ([f"{names}: {entrypoint.NOT_FETCHED}"] if names else [])
