"""ComfyUI's folders of models, and which one a file belongs in: by its path, its kind, or the names of its tensors.

The folders are those of folder_paths.py (knowledge: comfyui.md §2), without those that hold no models.
"""

from collections.abc import Mapping

FOLDERS = frozenset({
    "checkpoints", "loras", "vae", "text_encoders", "clip", "unet", "diffusion_models", "clip_vision", "style_models",
    "embeddings", "diffusers", "vae_approx", "controlnet", "t2i_adapter", "gligen", "upscale_models",
    "latent_upscale_models", "hypernetworks", "photomaker", "classifiers", "model_patches", "audio_encoders",
    "background_removal", "frame_interpolation", "geometry_estimation", "optical_flow", "detection",
})  # fmt: skip
UNSURE = "checkpoints"  # where a file goes of which nothing can be told

# CivitAI's types of models (its API's enumeration ModelType).
KINDS: Mapping[str, str] = {
    "Checkpoint": "checkpoints", "LORA": "loras", "LoCon": "loras", "DoRA": "loras", "VAE": "vae",
    "TextualInversion": "embeddings", "Controlnet": "controlnet", "Upscaler": "upscale_models",
    "Hypernetwork": "hypernetworks",
}  # fmt: skip

# Names of tensors, the first that is found decides. A checkpoint holds a diffusion model and more, so it is asked first.
_LORA = ("lora_up.", "lora_down.", "lora_A.", "lora_B.", "lora.up.", "hada_w1", "lokr_w", ".dora_scale")
_WHOLE = ('"first_stage_model.', '"cond_stage_model.', '"conditioner.', '"vae.', '"text_encoders.')
_TENSORS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("loras", _LORA),
    ("controlnet", ('"control_model.', '"controlnet_', '"input_hint_block.', "controlnet_cond_embedding")),
    ("checkpoints", _WHOLE),
    ("diffusion_models", ('"model.diffusion_model.', '"double_blocks.0.', '"joint_blocks.0.', '"transformer_blocks.0.',
                          '"single_transformer_blocks.0.', '"blocks.0.self_attn.', '"input_blocks.0.', '"down_blocks.0.')),
    ("vae", ('"decoder.conv_in.', '"encoder.conv_in.', '"encoder.down.0.', '"decoder.up.0.', '"encoder.down_blocks.0.')),
    ("clip_vision", ('"vision_model.', '"visual.')),
    ("text_encoders", ('"text_model.', '"encoder.block.0.layer.0.', '"model.layers.0.self_attn.',
                       '"transformer.resblocks.')),
    ("upscale_models", (".rdb1.conv1.", ".RDB1.conv1.", '"body.0.rdb', '"conv_first.')),
    ("embeddings", ('"emb_params"', '"clip_l"', '"clip_g"')),
)  # fmt: skip
_TEXT_GGUF = ("t5", "llama", "qwen2", "qwen3", "gemma", "clip", "mistral", "umt5")


def by_path(path: str) -> str:
    """The folder that a path in a repository names, as `split_files/vae/x.safetensors` does; else nothing."""
    named = [part for part in path.split("/")[:-1] if part in FOLDERS]
    return named[-1] if named else ""


def by_header(head: bytes) -> str:
    """The folder that the first bytes of a safetensors or gguf file speak for; else nothing."""
    if head[:4] == b"GGUF":
        return _gguf(head)
    if head[8:9] != b"{":
        return ""
    text = head[8:].decode("latin-1")
    return next((folder for folder, names in _TENSORS if any(name in text for name in names)), "")


def _gguf(head: bytes) -> str:
    """By `general.architecture`: a key, the type of a string (8, four bytes), a length of eight bytes, the string."""
    key = b"general.architecture" + (8).to_bytes(4, "little")
    at = head.find(key)
    if at < 0:
        return ""
    start = at + len(key) + 8
    name = head[start : start + min(64, int.from_bytes(head[start - 8 : start], "little"))].decode("latin-1")
    return "text_encoders" if name.startswith(_TEXT_GGUF) and not name.startswith("qwen_image") else "diffusion_models"
