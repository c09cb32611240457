"""Files that would do harm if a loader opened them, written opcode by opcode: none is ever loaded here, and no module
named in one is imported. And harmless ones of the kinds that people have, written without torch.
"""

import base64
import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

ARGUMENT = "inert argument of the tests"

# 123 globals, each of which runs or loads code, or touches files, processes or the network, when called with a text.
GLOBALS = """
os system|os popen|os execv|os execl|os spawnl|os spawnv|os posix_spawn|os remove|os unlink|os rmdir|os rename
os chmod|os putenv|os kill|os open|posix system|nt system|subprocess Popen|subprocess run|subprocess call
subprocess check_output|subprocess check_call|subprocess getoutput|subprocess getstatusoutput
_posixsubprocess fork_exec|pty spawn|commands getoutput|builtins eval|builtins exec|builtins compile
builtins __import__|builtins open|builtins getattr|builtins setattr|builtins globals|builtins input
builtins breakpoint|builtins map|builtins filter|builtins type|builtins super|builtins vars|__builtin__ eval
__builtin__ exec|__builtin__ execfile|__builtin__ apply|__builtin__ open|__builtin__ getattr|importlib import_module
importlib reload|importlib._bootstrap _load|imp load_source|imp load_dynamic|runpy run_module|runpy run_path
runpy _run_code|code interact|code InteractiveInterpreter|codeop compile_command|marshal loads|marshal load
types FunctionType|types CodeType|types ModuleType|pickle loads|pickle load|pickle Unpickler|_pickle loads
cPickle loads|dill loads|dill load|cloudpickle loads|joblib load|shelve open|torch load|torch.hub load
torch.hub load_state_dict_from_url|torch.jit load|torch.serialization load|torch.utils.cpp_extension load_inline
torch._dynamo.guards GuardBuilder.get|torch._inductor.codecache compile_file|torch.package PackageImporter
numpy load|numpy.testing._private.utils runstring|numpy.f2py compile|ctypes CDLL|ctypes PyDLL|_ctypes dlopen
cffi FFI|io open|io open_code|_io open|_io FileIO|codecs open|pathlib Path.write_text|shutil rmtree|shutil move
shutil copy|tempfile mktemp|glob glob|linecache getlines|socket socket|socket create_connection
ssl get_server_certificate|http.client HTTPConnection|urllib.request urlopen|urllib.request urlretrieve
urllib2 urlopen|requests get|requests api.get|httpx get|aiohttp.client request|ftplib FTP|smtplib SMTP
webbrowser open|pkgutil resolve_name|zipimport zipimporter|pip main|pip._internal main|setuptools setup
distutils.spawn spawn|multiprocessing Process|threading Thread|signal signal|asyncio run|operator attrgetter
operator methodcaller|_operator attrgetter|functools partial|functools reduce|inspect getattr_static|platform popen
timeit timeit|cProfile run|profile run|pdb run|bdb Bdb.run|trace Trace.run|doctest debug_script|unittest main
test.support script|idlelib.run Executive.runcode|lib2to3.pgen2.pgen generate_grammar|pydoc pipepager|pydoc locate
ensurepip bootstrap|venv create|sysconfig get_config_vars|site addsitedir|atexit register|gc get_objects
yaml unsafe_load|yaml load|sqlite3 connect|pandas read_pickle|logging.config fileConfig|string Formatter
tensorflow io.read_file|keras models.load_model|resource setrlimit|some_package some_function|collections namedtuple
os.path join|random Random|copy deepcopy|time sleep
""".replace("\n", "|").strip("|").split("|")  # fmt: skip
PAIRS = [tuple(one.split(" ", 1)) for one in GLOBALS if one]


def text(value: str) -> bytes:
    """SHORT_BINUNICODE"""
    raw = value.encode()
    return b"\x8c" + bytes([len(raw)]) + raw


def call(module: str, name: str, argument: str = ARGUMENT) -> bytes:
    """Protocol 2: GLOBAL, one text, REDUCE."""
    length = struct.pack("<I", len(argument))
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + b"X" + length + argument.encode() + b"\x85R."


EVIL = call("os", "system")
STACKED = b"\x80\x04" + text("os") + text("system") + b"\x93" + text(ARGUMENT) + b"\x85R."

OPCODES: Mapping[str, bytes] = {
    "STACK_GLOBAL": STACKED,
    "STACK_GLOBAL from the memo": b"\x80\x04" + text("os") + b"\x94" + text("system") + b"\x940h\x00h\x01\x93"
    + text(ARGUMENT) + b"\x85R.",
    "STACK_GLOBAL from a numbered memo": b"\x80\x04" + text("os") + b"q\x07" + text("system") + b"q\x0900h\x07h\x09\x93"
    + text(ARGUMENT) + b"\x85R.",
    "STACK_GLOBAL with DUP": b"\x80\x04" + text("system") + b"2\x93" + text(ARGUMENT) + b"\x85R.",
    "STACK_GLOBAL of a name that is made": b"\x80\x04ccollections\nOrderedDict\n)R" + text("system") + b"\x93"
    + text(ARGUMENT) + b"\x85R.",
    "STACK_GLOBAL of escaped text": b"\x80\x04V\\u006fs\nVsystem\n\x93" + text(ARGUMENT) + b"\x85R.",
    "STACK_GLOBAL of quoted text": b"\x80\x04S'o\\x73'\nS'system'\n\x93" + text(ARGUMENT) + b"\x85R.",
    "STACK_GLOBAL of both memos": b"\x80\x04" + text("x") + b"q\x01" + text("collections") + b"\x94" + text("os")
    + b"q\x00h\x00"
    + text("system") + b"\x93" + text(ARGUMENT) + b"\x85R.",
    "INST": b"(S'inert'\nios\nsystem\n.",
    "OBJ": b"(cos\nsystem\nS'inert'\no.",
    "NEWOBJ": b"\x80\x02cos\nsystem\nX\x05\x00\x00\x00inert\x85\x81.",
    "NEWOBJ_EX": b"\x80\x04cos\nsystem\n" + text("inert") + b"\x85}\x92.",
    "BUILD": b"\x80\x02csome_package\nClass\n)\x81}X\x01\x00\x00\x00aK\x01sb.",
    "BUILD on a class": b"\x80\x02ctorch\nTensor\n}X\x07\x00\x00\x00__add__ctorch\ndevice\nsb.",
    "protocol 0": b"cos\nsystem\n(S'inert'\ntR.",
    "protocol 0 after a list": b"(lp0\n0cos\nsystem\n(S'inert'\ntR.",
    "nested in bytes that are loaded": b"\x80\x03c_pickle\nloads\nC" + bytes([len(EVIL)]) + EVIL + b"\x85R.",
    "a cut off tail": EVIL[:-1],
    "a tail that is no opcode": EVIL[:-1] + b"\xff\xff",
    "before an invalid opcode": b"\x80\x02cos\nsystem\nX\x05\x00\x00\x00inert\x85R\xff",
    "after one good pickle": b"\x80\x02N." + EVIL,
    "after three good pickles": b"\x80\x02N.\x80\x02K\x01.\x80\x02]." + EVIL,
    "extension code": b"\x80\x02\x82\x01X\x05\x00\x00\x00inert\x85R.",
    "extension code, long": b"\x80\x02\x84\x01\x00\x00\x00)R.",
    "a name over two lines of memo": b"\x80\x04\x8d" + struct.pack("<Q", 2) + b"os" + text("system") + b"\x93"
    + text("x") + b"\x85R.",
    "in a frame": b"\x80\x04\x95" + struct.pack("<Q", len(STACKED) - 2) + STACKED[2:],
    "after a million bytes": b"\x80\x03B" + struct.pack("<I", 1_000_000) + bytes(1_000_000) + b"0" + EVIL[2:],
    "an allowed name first": b"\x80\x02ccollections\nOrderedDict\n)R0" + EVIL[2:],
    "dots in the name": b"\x80\x04" + text("torch") + text("serialization.os.system") + b"\x93" + text("x") + b"\x85R.",
    "an allowed module and another name": call("collections", "OrderedDict.fromkeys"),
    "white space in the name": call("os ", "system"),
    "a carriage return in the name": call("os\r", "system\r"),
    "no protocol": EVIL[2:],
}  # fmt: skip


def torch_zip(pickle: bytes, tensors: Mapping[str, bytes] | None = None, top: str = "archive", **options: Any) -> bytes:
    """torch.save's zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", **options) as archive:
        archive.writestr(f"{top}/data.pkl", pickle)
        archive.writestr(f"{top}/byteorder", "little")
        for name, data in (tensors or {}).items():
            archive.writestr(f"{top}/data/{name}", data)
        archive.writestr(f"{top}/version", "3\n")
    return made.getvalue()


def tar(members: Mapping[str, bytes], mode: Any = "w") -> bytes:
    """A tar."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return made.getvalue()


def npy(descr: str, shape: str, data: bytes) -> bytes:
    """numpy/lib/format.py, version 1."""
    descr = descr if descr.startswith("[") else f"'{descr}'"
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def edited(change: Callable[[bytearray], None], raw: bytes = b"") -> bytes:
    """A torch zip with bytes changed."""
    data = bytearray(raw or torch_zip(EVIL))
    change(data)
    return bytes(data)


def _encrypted(data: bytearray) -> None:
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(mark)
        while start >= 0:
            data[start + at] |= 1
            start = data.find(mark, start + 4)


def _renamed(data: bytearray) -> None:
    at = data.index(b"archive/data.pkl")
    data[at : at + 16] = b"archive/data.txt"


def _crc(data: bytearray) -> None:
    at = data.index(b"PK\x01\x02")
    data[at + 16 : at + 20] = b"\0\0\0\0"


def _no_local(data: bytearray) -> None:
    data[0:4] = b"XXXX"


def _method(data: bytearray) -> None:
    data[8] = 8


def zip_of(**members: bytes) -> bytes:
    """A zip of members; `_` stands for the dot of a name."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_", "."), data)
    return made.getvalue()


def two_of_one_name(second: bytes) -> bytes:
    """The first is good; loaders take the second."""
    import warnings

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("archive/data.pkl", b"\x80\x02N.")
        archive.writestr("archive/data.pkl", second)
    return made.getvalue()


LEGACY = [b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", b"\x80\x02M\xe9\x03.", b"\x80\x02}q\x00."]

# name of the file -> content
TRICKS: Mapping[str, bytes] = {
    "plain.pt": torch_zip(EVIL),
    "deflated.pt": torch_zip(EVIL, compression=zipfile.ZIP_DEFLATED),
    "bzipped.pt": torch_zip(EVIL, compression=zipfile.ZIP_BZIP2),
    "lzma.pt": torch_zip(EVIL, compression=zipfile.ZIP_LZMA),
    "bad_crc.pt": edited(_crc),
    "encrypted_flag.pt": edited(_encrypted),
    "two_names.pt": edited(_renamed),
    "no_local_header.pt": edited(_no_local),
    "prefixed.pt": b"\x89PNG\r\n\x1a\n" + bytes(64) + torch_zip(EVIL),
    "prefixed_by_a_pickle.pkl": b"\x80\x02N." + torch_zip(EVIL),
    "odd_extension.png": torch_zip(EVIL),
    "extra_member.pt": torch_zip(b"\x80\x02}.", {"0": bytes(64), "evil": EVIL}),
    "no_suffix_member.pt": zip_of(archive=EVIL),
    "one_name_twice.pt": two_of_one_name(EVIL),
    "zip_in_zip.zip": zip_of(inner_zip=torch_zip(EVIL)),
    "legacy_tar.pt": tar({"sys_info": b"\x80\x02}.", "pickle": EVIL, "storages": b"\x80\x02K\x00.",
                          "tensors": b"\x80\x02K\x00."}),
    "tar_gz.tar.gz": tar({"model/weights.bin": EVIL}, "w:gz"),
    "tar_xz.tar.xz": tar({"model/weights.bin": EVIL}, "w:xz"),
    "gzip.pkl": gzip.compress(EVIL), "zlib.joblib": zlib.compress(EVIL), "bz2.pkl": bz2.compress(EVIL),
    "xz.pkl": lzma.compress(EVIL),
    "gzip_of_gzip.pkl.gz": gzip.compress(gzip.compress(EVIL)),
    "legacy.pth": b"".join(LEGACY) + EVIL,
    "legacy_behind.pth": b"".join(LEGACY) + b"\x80\x02}.\x80\x02]." + EVIL,
    "object.npy": npy("|O", "(1,)", EVIL),
    "object.npz": zip_of(a_npy=npy("|O", "(1,)", EVIL)),
    "weights.safetensors": EVIL, "protocol0.safetensors": OPCODES["protocol 0"], "zipped.safetensors": torch_zip(EVIL),
    "model.gguf": STACKED, "picture.png": EVIL, "notes.txt": OPCODES["protocol 0"], "config.json": OPCODES["INST"],
    "node.py": OPCODES["protocol 0"], "model.7z": b"7z\xbc\xaf\x27\x1c" + bytes(100),
    "model.rar": b"Rar!\x1a\x07\x01\x00" + bytes(50),
    "traversal.tar": tar({"../custom_nodes/pwn.py": b"pass"}), "traversal.zip": zip_of(**{"../x_py": b"pass"}),
    "tmux.conf": b"\x7fELF\x02\x01\x01" + bytes(100),
    "lambda.keras": zip_of(config_json=b'{"config": {"layers": [{"class_name": "Lambda"}]}}'),
}  # fmt: skip


_GOOD = torch_zip(b"\x80\x02N.")
# Archives with nothing bad in them that two programs read differently, or that write where they should not.
INCONSISTENT: Mapping[str, bytes] = {
    "marked as encrypted": edited(_encrypted, _GOOD), "two names": edited(_renamed, _GOOD),
    "no header": edited(_no_local, _GOOD),
    "two methods": edited(_method, _GOOD), "one name twice": two_of_one_name(b"\x80\x02N."),
    "something in front": b"\x89PNG\r\n\x1a\n" + bytes(64) + _GOOD,
}  # fmt: skip
OUTSIDE: Mapping[str, bytes] = {
    **{f"tar {name!r}": tar({name: b"x"}) for name in ("../x", "/etc/x", "a/../../x", "C:\\x", "..\\x", "\\x")},
    **{f"zip {name!r}": zip_of(**{name: b"x"}) for name in ("../x", "/etc/x", "a/../../x", "C:\\x")},
}  # fmt: skip


def safetensors(tensors: Mapping[str, tuple[str, list[int], bytes]], metadata: Mapping[str, str] | None = None) -> bytes:
    """The format's own writer in ten lines: name -> dtype, shape, data."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    at = 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    raw = json.dumps(header).encode()
    raw += b" " * (-len(raw) % 8)
    return struct.pack("<Q", len(raw)) + raw + b"".join(data for _, _, data in tensors.values())


def gguf(entries: int = 1, tensors: int = 1, version: int = 3, offset: int = 0) -> bytes:
    """A small gguf with text, numbers and an array of texts."""
    def string(value: bytes) -> bytes:
        return struct.pack("<Q", len(value)) + value

    texts = string(b"tokens") + struct.pack("<IIQ", 9, 8, 2) + string(b"a") + string(b"b")
    head = b"GGUF" + struct.pack("<IQQ", version, tensors, entries + 2)
    body = b"".join(string(b"k%d" % one) + struct.pack("<II", 4, one) for one in range(entries)) + texts
    body += string(b"name") + struct.pack("<I", 8) + string(b"tiny")
    for one in range(tensors):
        body += string(b"t%d" % one) + struct.pack("<IQIQ", 1, 16, 0, offset)
    return head + body + bytes(128)


def tensor_pickle(count: int = 2) -> bytes:
    """The data.pkl that torch.save writes for a state dict, protocol 2."""
    made = b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01("
    for one in range(count):
        key = f"layer.{one}.weight".encode()
        made += b"X" + struct.pack("<I", len(key)) + key + b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storage"
        made += b"ctorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x10tQK\x00K\x04K\x04\x86K\x04K\x01\x86\x89"
        made += b"ccollections\nOrderedDict\n)RtR"
    return made + b"u."


def by_pickle(value: object, protocol: int) -> bytes:
    """What Python's own pickler writes for plain data."""
    import pickle

    return pickle.dumps(value, protocol)


DATA = {"epoch": 3, "lr": 1e-4, "name": "x" * 2000, "steps": [1, 2.5, None, True], "set": {1}, "bytes": b"abc",
        "deep": ({"a": ()},)}
NUMPY = (b"\x80\x04" + text("numpy.core.multiarray") + text("_reconstruct") + b"\x93" + text("numpy")
         + text("ndarray") + b"\x93K\x00\x85"
         b"C\x01b\x87R(K\x01K\x03\x85" + text("numpy") + text("dtype") + b"\x93" + text("f8") + b"\x89\x88\x87R(K\x03"
         + text("<")
         + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89C\x18" + bytes(24) + b"tb.")  # fmt: skip

BENIGN: Mapping[str, bytes] = {
    **{f"data_{protocol}.pkl": by_pickle(DATA, protocol) for protocol in range(6)},
    **{f"ordered_{protocol}.pt": by_pickle(OrderedDict(a=1), protocol) for protocol in (0, 2, 4, 5)},
    "model.pt": torch_zip(tensor_pickle(), {"0": bytes(64), "1": bytes(range(64))}),
    "deflated.ckpt": torch_zip(tensor_pickle(5), {"0": bytes(4096)}, compression=zipfile.ZIP_DEFLATED),
    "stored.bin": torch_zip(tensor_pickle(200), {str(one): struct.pack("<16f", *([one * 0.1] * 16)) for one in range(200)}),
    "legacy.pth": b"".join(LEGACY) + tensor_pickle() + b"\x80\x02]q\x00X\x01\x00\x00\x000q\x01a."
    + struct.pack("<q", 16) + bytes(64),
    "numpy.pkl": NUMPY, "array.npy": npy("<f4", "(16,)", bytes(64)),
    "arrays.npz": zip_of(a_npy=npy("<f4", "(16,)", bytes(64))),
    "gzip.pkl.gz": gzip.compress(by_pickle(DATA, 4)),
    "weights.tar": tar({"w.npy": npy("<f4", "(4,)", bytes(16)), "r.md": b"# r"}),
    "model.gguf": gguf(), "f32.safetensors": safetensors({"a": ("F32", [4, 4], bytes(64)),
                                                          "b": ("BF16", [8], bytes(16))}, {"format": "pt"}),
    "empty.safetensors": safetensors({}), "scalar.sft": safetensors({"s": ("I64", [], bytes(8)), "z": ("F16", [0, 3], b"")}),
    "fp8.safetensors": safetensors({f"l{one}": ("F8_E4M3", [one + 1], bytes(one + 1)) for one in range(100)}),
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(200), "README.md": b"# A model\n\ncall me (maybe).\nNothing here.\n",
    "notes.txt": b"collections\nof things\n(and more)\ntR.\n", "config.json": b'{"class_name": "Dense", "a": [1, 2]}',
    "merges.txt": "Ġ t\nh e\nĠ a\ni n\n".encode(), "vocab.json": b'{"a": 0, "b": 1}', "empty.txt": b"",
    "base64.txt": base64.b64encode(bytes(range(256))),
    "code.py": b"import torch\n\n\ndef f(x):\n    return torch.load(x, weights_only=True)\n",
    "requirements.txt": b"torch>=2.6\nsafetensors==0.5.3  # pinned\n",
}  # fmt: skip
