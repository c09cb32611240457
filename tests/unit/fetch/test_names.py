"""What a server calls a file: more than sixty hostile names, none of which leaves its folder or becomes something else."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.errors import NameRefused
from catalyst.models.fetch import names

S = ".safetensors"
# What becomes of each; None: refused.
HOSTILE: dict[str, str | None] = {
    f"../../custom_nodes/x{S}": f"x{S}", f"/etc/cron.d/x{S}": f"x{S}", f"..\\..\\x{S}": f"x{S}",
    f"C:\\Windows\\x{S}": f"x{S}",
    f"C:x{S}": f"C_x{S}", f"\\\\host\\share\\x{S}": f"x{S}", f"a/../../../x{S}": f"x{S}", f"x{S}/": None, f"x{S}/..": None,
    "..": None, ".": None, "": None, "/": None, "\\": None, f"x{S}\0.py": None, f"x.py\0{S}": f"x.py{S}",
    f"x\n{S}": f"x{S}", f"x\r\nSet-Cookie{S}": f"x__Set-Cookie{S}", f"\x1b[2Jx{S}": f"[2Jx{S}", f"x\x7f{S}": f"x{S}",
    f"\u202ex{S}": f"x{S}", f"x\u200b{S}": f"x{S}", f"\ufeffx{S}": f"x{S}", f"x\u2028y{S}": f"x_y{S}",
    f"..\uff0f..\uff0fx{S}": f"x{S}", f"a\u2215b{S}": f"a_b{S}", f"a\u2044b{S}": f"a_b{S}", f"a\uff3cb{S}": f"b{S}",
    f"\u2025/x{S}": f"x{S}", f"\uff0e\uff0e{S}": None, f".hidden{S}": f"hidden{S}", f"...x{S}": f"x{S}", S: None,
    f"-rf{S}": f"rf{S}", f"--help{S}": f"help{S}", f"~{S}": None, f"~root{S}": f"root{S}", f"$HOME{S}": f"HOME{S}",
    f"$(id){S}": f"(id){S}", f"`id`{S}": f"id{S}", f"x;rm -rf{S}": f"x_rm_-rf{S}", f"x|y{S}": f"x_y{S}", f"x&{S}": f"x{S}",
    f"x>y{S}": f"x_y{S}", f"*{S}": None, f"?{S}": None, f'"x"{S}': f"x{S}", f"'x'{S}": f"x{S}",
    f"%2e%2e%2fx{S}": f"2e_2e_2fx{S}",
    f"CON{S}": f"_CON{S}", f"nul{S}": f"_nul{S}", f"com1{S}": f"_com1{S}", f"LPT9.x{S}": f"_LPT9.x{S}",
    f"aux.h{S}": f"_aux.h{S}",
    "x.SAFETENSORS": f"x{S}", f"x{S} ": f"x{S}", f"x{S}.": None, f"x{S}::$DATA": None, f"x:y{S}": f"x_y{S}",
    "x.py": None, "x.pth.py": None, "__init__.py": None, "x.json": None, "x.yaml": None, "x.so": None, "x": None,
    "x.zip": None,
    f"prestartup_script.py{S}": f"prestartup_script.py{S}", f"{'a' * 500}{S}": f"{'a' * 188}{S}",
    f"{'é' * 300}{S}": f"{'é' * 94}{S}",
    f"\ud800x{S}": f"x{S}", f"模型{S}": f"模型{S}", f"caf\u0065\u0301{S}": f"café{S}", f"ﬁle{S}": f"file{S}",
    f"x{S}{S}": f"x{S}{S}", f"____{S}": None, f" . . {S}": None, f"x\t{S}": f"x{S}", f"a b{S}": f"a_b{S}",
    "x.ckpt": "x.ckpt", "x.GGUF": "x.gguf", f"{'.' * 300}{S}": None,
}  # fmt: skip


def test_there_are_enough() -> None:
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:40])
def test_a_hostile_name(name: str) -> None:
    wanted = HOSTILE[name]
    if wanted is None:
        with pytest.raises(NameRefused) as refused:
            names.safe(name)
        assert str(refused.value).isprintable()
    else:
        assert names.safe(name) == wanted


def harmless(name: str) -> bool:
    stem, _, suffix = name.rpartition(".")
    return (
        f".{suffix}" in names.SUFFIXES and len(name.encode()) <= names.LONGEST and name.isprintable() and stem != ""
        and not set(name) & set("/\\:\0 ~$`'\"*?<>|;&%") and name[0] not in ".-" and unicodedata.is_normalized("NFC", name)
        and stem.partition(".")[0].lower() not in {"con", "nul", "aux", "prn", "com1", "lpt1"}
    )  # fmt: skip


@given(st.text(max_size=60), st.sampled_from(["", S, ".ckpt", ".GGUF", ".py"]), st.sampled_from(["", "o/r", "o/..",
    "x/CON"]))
def test_any_name(text: str, suffix: str, repo: str) -> None:
    try:
        name = names.safe(text + suffix, repo)
    except NameRefused:
        return
    assert harmless(name), name
    assert names.safe(name) == name, "what is harmless stays as it is"


def test_what_is_called_the_same_everywhere_gets_its_repositorys_name() -> None:
    assert names.safe("vae/diffusion_pytorch_model.safetensors",
    "stabilityai/sd-vae") == "sd-vae-diffusion_pytorch_model.safetensors"


def test_two_names_that_some_file_system_takes_for_one() -> None:
    assert names.same("loras/X.gguf") == names.same("loras/x.gguf")
    assert names.same("loras/straße.gguf") == names.same("loras/STRASSE.gguf")
