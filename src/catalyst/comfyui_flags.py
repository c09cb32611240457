"""The flags a user may hand to ComfyUI, by full name.

It is a list of what is allowed, because a list of what is refused does not hold: ComfyUI's argparse accepts every
unambiguous prefix, so `--liste 0.0.0.0` is `--listen` (measured on 0.3.64). Everything that moves a directory, opens
the network, replaces the front end or turns protections of ComfyUI off is absent on purpose: Catalyst sets it.
"""

import re

from catalyst.errors import SettingsError, shown

# name -> number of values it takes. Source: comfy/cli_args.py of 0.3.64 (a125cd84).
ALLOWED: dict[str, int] = {
    **dict.fromkeys(
        (
            # precision and memory: they change speed and size, nothing else
            "--force-fp32", "--force-fp16", "--fp32-unet", "--fp64-unet", "--bf16-unet", "--fp16-unet",
            "--fp8_e4m3fn-unet", "--fp8_e5m2-unet", "--fp8_e8m0fnu-unet", "--fp16-vae", "--fp32-vae", "--bf16-vae",
            "--cpu-vae", "--fp8_e4m3fn-text-enc", "--fp8_e5m2-text-enc", "--fp16-text-enc", "--fp32-text-enc",
            "--bf16-text-enc", "--force-channels-last", "--gpu-only", "--highvram", "--normalvram", "--lowvram",
            "--novram", "--cpu", "--async-offload", "--force-non-blocking", "--disable-smart-memory",
            "--cache-classic", "--cache-none",
            # attention and arithmetic
            "--use-split-cross-attention", "--use-quad-cross-attention", "--use-pytorch-cross-attention",
            "--use-sage-attention", "--use-flash-attention", "--disable-xformers", "--force-upcast-attention",
            "--dont-upcast-attention", "--deterministic", "--disable-ipex-optimize", "--supports-fp8-compute",
            "--cuda-malloc", "--disable-cuda-malloc", "--mmap-torch-files", "--disable-mmap",
            # less surface, or only words
            "--disable-metadata", "--disable-all-custom-nodes", "--disable-api-nodes", "--dont-print-server",
            "--log-stdout", "--enable-compress-response-body",
        ),
        0,
    ),
    **dict.fromkeys(
        ("--cuda-device", "--default-device", "--reserve-vram", "--cache-lru", "--preview-method", "--preview-size",
         "--max-upload-size", "--default-hashing-function", "--directml", "--oneapi-device-selector"),
        1,
    ),
}  # fmt: skip

_VALUE = re.compile(r"[A-Za-z0-9_.:,+-]{1,64}\Z")


def check(words: tuple[str, ...]) -> tuple[str, ...]:
    """`words` unchanged when each is an allowed flag or the value of one; SettingsError names the first that is not."""
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if name not in ALLOWED:
            raise SettingsError(
                f"COMFYUI_FLAGS has {shown(word)}, which is not on the list of flags a user may set",
                "only full names pass, and nothing that opens the network or moves a directory; "
                "the list: catalyst policy flags",
            )
        values = [value] if equals else [rest.pop(0) for _ in range(min(ALLOWED[name], len(rest)))]
        if len(values) != ALLOWED[name] or not all(_VALUE.match(v) and not v.startswith("-") for v in values):
            raise SettingsError(
                f"COMFYUI_FLAGS: {name} takes {ALLOWED[name]} plain value(s), it was given {shown(' '.join(values))}",
                f"write it as {name}{' VALUE' * ALLOWED[name]}",
            )
    return words
