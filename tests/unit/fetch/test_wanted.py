"""How a source is written, and what is not understood."""

import pytest

from catalyst.errors import SourceRefused
from catalyst.guard.record import replace
from catalyst.models.fetch.wanted import checked, parse


@pytest.mark.parametrize(("text", "source"), [
    ("hf:o/r", "hf:o/r"), ("hf:o/r/f.safetensors", "hf:o/r/f.safetensors"), ("huggingface:o/r@main", "hf:o/r@main"),
    ("hf:o/r/a/b.gguf@refs/pr/1", "hf:o/r/a/b.gguf@refs/pr/1"), ("civitai:128713", "civitai:128713"),
    ("https://huggingface.co/o/r/resolve/main/a%20b/f.gguf?download=true", "hf:o/r/a b/f.gguf@main"),
    ("https://huggingface.co/o/r/blob/v1/f.gguf", "hf:o/r/f.gguf@v1"), ("https://huggingface.co/o/r", "hf:o/r"),
    ("https://civitai.com/models/4384/dreamshaper?modelVersionId=128713", "civitai:128713"),
    ("https://civitai.com/api/download/models/128713?type=Model&token=secret", "civitai:128713"),
])  # fmt: skip
def test_sources(text: str, source: str) -> None:
    assert parse(text).source == source
    assert parse(parse(text).source) == parse(source), "its short form means the same"


@pytest.mark.parametrize("text", [
    "", "o/r", "hf:", "hf:o", "hf:/r", "hf:o/", "hf:../r", "hf:o/..", "hf:o/r/../x", "hf:o/r//x", "hf:o/r/./x", "hf:o/r/",
    "hf:o/r/a\\b", "hf:o/r/\x1b[2J", "hf:o/r/x@", "hf:o/r@..", "hf:o/r@-x", "hf:o/r@a b", "hf:o r/x", "hf:o/r/" + "x" * 600,
    "civitai:", "civitai:0", "civitai:-1", "civitai:x", "civitai:1/../2", "civitai:١", "civitai:1" + "0" * 20,
    "file:/etc/passwd",
    "https://evil.example/o/r/resolve/main/x", "https://huggingface.co/", "https://huggingface.co/o/r/resolve/../x/y",
    "https://civitai.com/models/4384", "http://[", "https://huggingface.co.evil.example/o/r",
])  # fmt: skip
def test_what_is_not_understood(text: str) -> None:
    with pytest.raises(SourceRefused) as refused:
        parse(text)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("change", [{"folder": "custom_nodes"}, {"folder": ".."}, {"sha256": "x"}, {"sha256": "A" * 64},
                                    {"allow": True}])  # fmt: skip
def test_what_goes_beside_it(change: dict[str, object]) -> None:
    with pytest.raises(SourceRefused):
        checked(replace(parse("civitai:1"), **change))
