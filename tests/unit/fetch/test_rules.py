"""Which folder, what may be placed, what a lock file and an answer may say, which hosts."""

from pathlib import Path
from typing import Any

import pytest

from catalyst.egress.hosts import default_rules, for_models
from catalyst.errors import CatalystError, LockDamaged
from catalyst.fetcher import folders
from catalyst.guard.record import replace
from catalyst.models.fetch import target
from catalyst.models.fetch.judge import by_name, judge
from catalyst.models.fetch.lock import Entry, Lock
from catalyst.models.fetch.wanted import parse
from catalyst.models.scan.finding import Examined, Finding
from live.model_sites import safetensors

GOOD = Entry("hf:o/r/f.gguf", "unet/f.gguf", "a" * 64, 7, "/o/r/resolve/x/f.gguf", "b" * 40)


@pytest.mark.parametrize(("tensor", "folder"), [
    (("model.diffusion_model.x", "first_stage_model.y"), "checkpoints"), (("model.diffusion_model.x",), "diffusion_models"),
    (("conditioner.x", "model.diffusion_model.x"), "checkpoints"), (("double_blocks.0.x",), "diffusion_models"),
    (("lora_unet_x.lora_up.weight",), "loras"), (("transformer.x.lora_A.weight",), "loras"), (("x.hada_w1_a",), "loras"),
    (("decoder.conv_in.weight",), "vae"), (("control_model.x",), "controlnet"), (("text_model.encoder.x",), "text_encoders"),
    (("vision_model.x",), "clip_vision"), (("encoder.block.0.layer.0.x",), "text_encoders"), (("emb_params",), "embeddings"),
    (("model.1.sub.0.RDB1.conv1.0.weight",), "upscale_models"), (("x",), ""),
])  # fmt: skip
def test_the_folder_by_the_names_of_tensors(tensor: tuple[str, ...], folder: str) -> None:
    assert folders.by_header(safetensors(*tensor, size=8)) == folder
    assert folder in {*folders.FOLDERS, ""}


@pytest.mark.parametrize(("name", "folder"), [("flux", "diffusion_models"), ("t5encoder", "text_encoders"),
                                              ("qwen_image", "diffusion_models"), ("llama", "text_encoders")])  # fmt: skip
def test_the_folder_of_a_gguf(name: str, folder: str) -> None:
    head = b"GGUF" + bytes(20) + b"general.architecture" + (8).to_bytes(4, "little") + len(name).to_bytes(8, "little")
    assert folders.by_header(head + name.encode() + b"\x09\0\0\0") == folder


@pytest.mark.parametrize("head", [b"", b"GGUF", b"\x80\x04", b"GGUFgeneral.architecture\x08\0\0\0\xff\xff", b"x" * 8 + b"{"])
def test_the_folder_of_nothing_that_is_understood(head: bytes) -> None:
    assert folders.by_header(head) in {"", "diffusion_models"}


def test_the_folder_by_the_path() -> None:
    assert folders.by_path("split_files/text_encoders/t5.safetensors") == "text_encoders"
    assert folders.by_path("vae/../custom_nodes/x.safetensors") == "vae"
    assert folders.by_path("loras.safetensors") == ""


@pytest.mark.parametrize(("examined", "rules", "normal", "strict"), [
    (("safetensors", ""), (), True, True), (("gguf", ""), (), True, True), (("zip", ""), (), True, False),
    (("pickle", ""), ("pickle-leftover",), True, False), (("pickle", ""), ("pickle-dangerous-global",), False, False),
    (("pickle", ""), ("pickle-unlisted-global",), False, False), (("safetensors", ""), ("safetensors-malformed",), False,
    False),
    (("safetensors", "too large"), (), True, False), (("onnx", "not read"), (), True, False),
    (("unknown", "the scanner failed on it"), (), True, False),
])  # fmt: skip
def test_what_may_be_placed(examined: tuple[str, str], rules: tuple[str, ...], *, normal: bool, strict: bool) -> None:
    file = Examined("/x", examined[0], 7, examined[1])
    found = [Finding(rule, "/x", "evidence") for rule in rules]
    assert (judge(file, found, strict=False, allowed=False).refused == "") is normal
    assert (judge(file, found, strict=True, allowed=False).refused == "") is strict
    assert judge(file, found, strict=True, allowed=True).refused == ""
    if not normal:
        assert judge(file, found, strict=False, allowed=False).worst >= 13


@pytest.mark.parametrize("name", ["x.ckpt", "x.pt", "x.bin", "x.onnx", "x.pth"])
def test_what_is_not_even_fetched_from_high_on(name: str) -> None:
    assert by_name(name, strict=True, allowed=False)
    assert by_name(name, strict=False, allowed=False) == by_name(name, strict=True, allowed=True) == ""
    assert by_name("x.safetensors", strict=True, allowed=False) == ""


def test_a_lock_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "models.lock")
    odd = replace(GOOD, source='hf:o/r/"模型"\\.gguf', path="unet/模型.gguf", revision="")
    lock.entries = {GOOD.source: [GOOD], odd.source: [odd, replace(odd, path="vae/x.gguf")]}
    lock.write()
    assert Lock(lock.file).entries == lock.entries
    assert [one.name for one in tmp_path.iterdir()] == ["models.lock"]


@pytest.mark.parametrize("change", [
    {"path": "../x.gguf"}, {"path": "/etc/x.gguf"}, {"path": "custom_nodes/x.gguf"}, {"path": "unet/../x.gguf"},
    {"path": "unet"},
    {"path": "unet/x.py"}, {"path": "unet/.x.gguf"}, {"sha256": "x"}, {"sha256": ""}, {"size": -1},
    {"url": "//evil.example/x"},
    {"url": "x"}, {"url": "/x y"}, {"url": "@evil.example/"}, {"source": "\x1b"}, {"more": "x"}, {"size": "7"},
])  # fmt: skip
def test_a_lock_file_that_somebody_else_wrote(tmp_path: Path, change: dict[str, Any]) -> None:
    file = tmp_path / "models.lock"
    fields = {**vars(GOOD), **change}
    lines = "".join(f"{key} = {value!r}\n".replace("'", '"') if isinstance(value, str) else f"{key} = {value}\n"
                    for key, value in fields.items())  # fmt: skip
    file.write_text(f"version = 1\n[[model]]\n{lines}")
    with pytest.raises(LockDamaged):
        Lock(file)


@pytest.mark.parametrize("text", ["x", "version = 2", "version = 1\nmodel = 7", "version = 1\nmodel = [7]", "\0",
                                  "version = true\n"])
def test_a_lock_file_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "models.lock").write_text(text)
    with pytest.raises(LockDamaged):
        Lock(tmp_path / "models.lock")


ANSWER: dict[str, Any] = {"path": "a/f.gguf", "url": "/o/r/f.gguf", "size": 7, "sha256": "", "revision": "", "folder": "vae"}


def test_an_answer_of_the_downloader() -> None:
    lock = Lock(Path("/nonexistent/models.lock"))
    found = target.from_answer(parse("hf:o/r"), lock, ANSWER)
    assert (found.path, found.size, found.guessed) == ("vae/f.gguf", 7, False)
    other = target.from_answer(parse("hf:o/r"), lock, {**ANSWER, "folder": "custom_nodes"})
    assert (other.path, other.guessed) == ("checkpoints/f.gguf", True)
    assert target.from_answer(parse("hf:o/r", folder="unet"), lock, ANSWER).path == "unet/f.gguf"
    assert target.from_answer(parse("hf:o/r"), lock, {**ANSWER, "path": "../../x/f.gguf"}).path == "vae/f.gguf"


@pytest.mark.parametrize("change", [{"path": 7}, {"path": "x.py"}, {"path": None}, {"url": "https://evil.example"},
                                    {"url": ""},
                                    {"url": "/\x01"}, {"size": -1}, {"size": True}, {"size": 1 << 60}, {"size": "7"},
                                    {"sha256": "../x"}, {"sha256": None}, {"revision": "../.."}, {"folder": 7},
                                    {"url": "/" * 9000}])  # fmt: skip
def test_an_answer_that_lies(change: dict[str, Any]) -> None:
    with pytest.raises(CatalystError):
        target.from_answer(parse("hf:o/r"), Lock(Path("/nonexistent/models.lock")), {**ANSWER, **change})


@pytest.mark.parametrize("said", [None, 7, [], {}, "x"])
def test_an_answer_that_is_none(said: object) -> None:
    with pytest.raises(CatalystError):
        target.from_answer(parse("hf:o/r"), Lock(Path("/nonexistent/models.lock")), said)


def test_only_the_hosts_that_are_needed() -> None:
    built_in = {str(rule) for rule in default_rules(False)}
    hub, civitai = for_models(frozenset({"hf"})), for_models(frozenset({"civitai"}))
    assert hub | civitai <= built_in
    assert hub & civitai == set()
    assert "huggingface.co" in hub
    assert "civitai.com" in civitai
    assert built_in - hub - civitai == {"cas-server.xethub.hf.co", "cas-server.xethub-eu.hf.co"}
