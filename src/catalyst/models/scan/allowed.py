"""Names a pickle may load. Everything else is a finding: block lists leak (knowledge: audit.md §12).

ALLOWED is what torch.load(weights_only=True) accepts (torch/_weights_only_unpickler.py) and numpy's own arrays need;
each only makes data. LEFTOVERS are classes that training tools leave in checkpoints, reviewed as inert, and shown.
DANGEROUS makes a finding worse, never better: a name that is on no list is a finding too.
"""

_DTYPES = (
    "float16 float32 float64 half float double bfloat16 complex32 complex64 complex128 uint8 uint16 uint32 uint64 "
    "int8 int16 int32 int64 short int long bool qint8 quint8 qint32 quint4x2 quint2x4 float8_e4m3fn float8_e5m2 "
    "float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn_x2 bits8 bits16 bits1x8 bits2x4 bits4x2"
).split()
_STORAGES = (
    "Float Double Half BFloat16 Byte Char Short Int Long Bool ComplexFloat ComplexDouble QInt8 QInt32 QUInt8 "
    "QUInt4x2 QUInt2x4 Untyped"
).split()
_REBUILD = (
    "_rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter _rebuild_parameter_with_state "
    "_rebuild_qtensor _rebuild_sparse_tensor _rebuild_meta_tensor_no_storage _rebuild_nested_tensor "
    "_rebuild_wrapper_subclass _rebuild_device_tensor_from_numpy _rebuild_device_tensor_from_cpu_tensor"
).split()

ALLOWED: frozenset[str] = frozenset({
    "collections.OrderedDict", "collections.Counter", "collections.defaultdict",
    *(f"{module}.{name}" for module in ("builtins", "__builtin__")
      for name in ("set", "frozenset", "bytearray", "complex", "list", "dict", "tuple", "int", "float", "str",
                   "bytes", "bool",
                   "slice", "range", "object", "long", "unicode")),
    "_codecs.encode", "copyreg._reconstructor", "copy_reg._reconstructor", "fractions.Fraction", "decimal.Decimal",
    "datetime.datetime", "datetime.date", "datetime.time", "datetime.timedelta", "datetime.timezone",
    "torch.Size", "torch.Tensor", "torch.device", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer",
    "torch.Parameter",
    "torch._tensor._rebuild_from_type_v2", "torch._tensor._rebuild_from_type", "torch.serialization._get_layout",
    "torch.per_tensor_affine", "torch.per_channel_affine", "torch.strided", "torch.sparse_coo", "torch.sparse_csr",
    "torch.storage.UntypedStorage", "torch.storage.TypedStorage", "torch.storage._LegacyStorage", "torch._C._UntypedStorage",
    *(f"torch.{name}" for name in _DTYPES), *(f"torch.{name}Storage" for name in _STORAGES),
    *(f"torch.cuda.{name}Storage" for name in _STORAGES), *(f"torch._utils.{name}" for name in _REBUILD),
    *(f"torch.{name}Tensor" for name in _STORAGES), *(f"torch.cuda.{name}Tensor" for name in _STORAGES),
    *(f"numpy.{core}.multiarray.{name}" for core in ("core", "_core") for name in ("_reconstruct", "scalar")),
    *(f"numpy.{core}.numeric._frombuffer" for core in ("core", "_core")), "numpy.ndarray", "numpy.dtype",
    *(f"numpy.dtypes.{name}DType" for name in ("Float16", "Float32", "Float64", "Int8", "Int16", "Int32", "Int64", "UInt8",
                                               "UInt16", "UInt32", "UInt64", "Bool", "Complex64", "Complex128", "Str")),
    *(f"numpy.{name}" for name in ("bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
                                   "float16",
                                   "float32", "float64", "complex64", "complex128", "str_", "bytes_")),
})  # fmt: skip

LEFTOVERS: frozenset[str] = frozenset({
    *(f"{package}.callbacks.{name}" for package in ("pytorch_lightning", "lightning.pytorch", "lightning_fabric")
      for name in ("model_checkpoint.ModelCheckpoint", "early_stopping.EarlyStopping", "lr_monitor.LearningRateMonitor")),
    "pytorch_lightning.utilities.parsing.AttributeDict", "lightning.fabric.utilities.data.AttributeDict",
    "omegaconf.listconfig.ListConfig", "omegaconf.dictconfig.DictConfig", "omegaconf.base.ContainerMetadata",
    "omegaconf.base.Metadata", "omegaconf.nodes.AnyNode", "omegaconf.nodes.IntegerNode", "omegaconf.nodes.FloatNode",
    "omegaconf.nodes.StringNode", "omegaconf.nodes.BooleanNode", "typing.Any", "argparse.Namespace", "types.SimpleNamespace",
    "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePosixPath", "transformers.training_args.TrainingArguments",
})  # fmt: skip

# Modules that run code, touch files or the network; any of their names is critical. `builtins` by name only.
DANGEROUS_MODULES: frozenset[str] = frozenset(
    "os posix nt subprocess sys pty commands popen2 shutil importlib imp runpy code codeop marshal types ctypes "
    "_ctypes cffi socket ssl http urllib urllib2 requests httpx aiohttp ftplib smtplib telnetlib webbrowser "
    "pickle _pickle cPickle dill cloudpickle joblib shelve pkgutil zipimport pip setuptools distutils "
    "multiprocessing _posixsubprocess threading signal asyncio tempfile glob io _io pathlib.Path operator "
    "_operator functools inspect platform timeit cProfile profile pdb bdb trace doctest unittest test idlelib "
    "lib2to3 pydoc ensurepip venv sysconfig site atexit gc builtins.eval yaml ruamel torch.hub torch.jit "
    "torch.load torch.serialization torch.utils.cpp_extension torch._inductor torch._dynamo torch.distributed "
    "torch.package numpy.load numpy.testing numpy.f2py numpy.distutils numpy.ctypeslib pandas sqlite3 resource "
    "mmap fcntl getpass webbrowser logging.config string.Formatter jinja2 nltk tensorflow keras".split()
)  # fmt: skip
DANGEROUS: frozenset[str] = frozenset(
    f"{module}.{name}" for module in ("builtins", "__builtin__")
    for name in ("eval", "exec", "execfile", "compile", "open", "__import__", "getattr", "setattr", "delattr",
                 "globals", "locals",
                 "vars", "input", "breakpoint", "apply", "map", "filter", "type", "super", "memoryview", "help", "exit")
)  # fmt: skip


def judge(name: str) -> str:
    """The rule that `module.name` breaks; empty when it is allowed."""
    if name in ALLOWED:
        return ""
    if name in LEFTOVERS:
        return "pickle-leftover"
    parts = name.split(".")
    begins = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return "pickle-dangerous-global" if name in DANGEROUS or begins & DANGEROUS_MODULES else "pickle-unlisted-global"
