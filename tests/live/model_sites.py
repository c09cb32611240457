"""What the tests' internet answers for HuggingFace, CivitAI and the networks behind them: a repository and some versions."""

import hashlib
import json
from collections.abc import Mapping

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def safetensors(*names: str, size: int = 4096) -> bytes:
    """A safetensors file with tensors of these names; `size` bytes each, all the same byte."""
    header = {name: {"dtype": "U8", "shape": [size], "data_offsets": [at * size, (at + 1) * size]}
              for at, name in enumerate(names)}  # fmt: skip
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(size * len(names))


VAE = safetensors("decoder.conv_in.weight", size=300_000)
LORA = safetensors("lora_up.weight")
CHECKPOINT = safetensors("model.diffusion_model.x", "first_stage_model.x", size=100_000)
PICKLE = b"\x80\x04cposix\nsystem\n(S'true'\ntR."
FILES: Mapping[str, bytes] = {
    "sub/ae.safetensors": VAE, "split_files/vae/other.safetensors": VAE[:-1] + b"\1", "README.md": b"# inert",
    "evil.ckpt": PICKLE, "whole.safetensors": CHECKPOINT,
}  # fmt: skip
# Of these the owner's token is wanted: for the file, of the second for the listing too.
CLOSED = safetensors("encoder.conv_in.weight", size=200_000)
REPOSITORIES: Mapping[str, Mapping[str, bytes]] = {
    "owner/models": FILES, "owner/closed": {"vae/closed.safetensors": CLOSED},
    "owner/private": {"vae/private.safetensors": CLOSED[:-1] + b"\2"},
}  # fmt: skip
STORED = {name: data for files in REPOSITORIES.values() for name, data in files.items()}
EARLY = safetensors("lora_down.weight", size=150_000)
VERSIONS: Mapping[str, tuple[str, str, bytes]] = {
    "11": ("Checkpoint", "point.safetensors", CHECKPOINT), "12": ("LORA", "../../custom_nodes/x.safetensors", LORA),
    "13": ("LORA", "/etc/cron.d/x.safetensors", safetensors("lora_down.weight")), "14": ("VAE", "v.pt", PICKLE),
    "15": ("LORA", "elsewhere.safetensors", LORA), "21": ("LORA", "early.safetensors", EARLY),
}  # fmt: skip

Answer = tuple[int, bytes, dict[str, str]]


def wants_token(host: str, path: str) -> bool:
    """Is this for the owner of the token alone?"""
    if host == "huggingface.co":
        return path.startswith(("/owner/closed/", "/owner/private/", "/api/models/owner/private/"))
    return host == "civitai.com" and path == "/api/download/models/21"


def answer(host: str, target: str, headers: Mapping[str, str]) -> Answer | None:
    """Status, body and fields; None for what is none of theirs."""
    path = target.partition("?")[0]
    words = path.strip("/").split("/")
    if host == "huggingface.co" and path.startswith("/api/models/") and "/".join(words[2:4]) in REPOSITORIES:
        siblings = [{"rfilename": name, "size": len(data), "lfs": {"sha256": _sha256(data), "size": len(data)}}
                    for name, data in REPOSITORIES["/".join(words[2:4])].items()]  # fmt: skip
        return 200, json.dumps({"sha": COMMIT, "siblings": siblings}).encode(), {}
    if host == "huggingface.co" and "/".join(words[:2]) in REPOSITORIES and words[2:4] == ["resolve", COMMIT]:
        return 302, b"", {"Location": f"https://us.aws.cdn.hf.co/{path.partition(COMMIT)[2]}?signed=1"}
    if host == "us.aws.cdn.hf.co" and path.lstrip("/") in STORED:
        return _part(STORED[path.lstrip("/")], headers)
    if host == "civitai.com" and words[-1] in VERSIONS:
        kind, name, data = VERSIONS[words[-1]]
        if words[:3] == ["api", "v1", "model-versions"]:
            file = {"name": name, "primary": True, "type": "Model", "sizeKB": len(data) / 1024,
                    "hashes": {"SHA256": _sha256(data).upper()},
                    "downloadUrl": f"https://civitai.com/api/download/models/{words[-1]}"}  # fmt: skip
            return 200, json.dumps({"files": [file], "model": {"type": kind, "name": "m"}}).encode(), {}
        store = "evil.example.net" if words[-1] == "15" else "b2.civitai.com"
        return 307, b"", {"Location": f"https://{store}/{words[-1]}"}
    if host in {"b2.civitai.com", "evil.example.net"} and words[-1] in VERSIONS:
        return _part(VERSIONS[words[-1]][2], headers)
    return (404, b"", {}) if path.startswith("/api/") else None


def _part(data: bytes, headers: Mapping[str, str]) -> Answer:
    """With Range and If-Range, as a store has them."""
    etag = f'"{_sha256(data)[:32]}"'
    asked = headers.get("Range", "")
    if not asked or headers.get("If-Range", etag) != etag:
        return 200, data, {"ETag": etag}
    first, _, last = asked.removeprefix("bytes=").partition("-")
    start, end = int(first), min(int(last or len(data)), len(data) - 1)
    if start >= len(data):
        return 416, b"", {"Content-Range": f"bytes */{len(data)}"}
    return 206, data[start : end + 1], {"ETag": etag, "Content-Range": f"bytes {start}-{end}/{len(data)}"}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
