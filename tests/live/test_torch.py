"""PyTorch on the CPU at each level, on every engine. CATALYST_TEST_COMFYUI names an interpreter that has it.

Without it nothing of torch can be tried, and the tests say so; what torch stands on is tried in test_levels.py.
"""

import shutil
import warnings

import pytest

from live.test_comfyui import GIVEN, NoComfyUI
from support import Catalyst

LEVELS = ("normal", "high", "maximum")
COMPUTE = """
import sys, torch
class Squares(torch.utils.data.Dataset):
    def __len__(self): return 16
    def __getitem__(self, index): return torch.full((1000,), float(index * index))
def add(tensor, queue):
    tensor.add_(1)
    queue.put(0)
def main():
    image = torch.randn(2, 3, 16, 16, requires_grad=True)
    (torch.nn.Conv2d(3, 4, 3)(image).flatten(1) @ torch.randn(784, 2)).sum().backward()
    print("backward", tuple(image.grad.shape))
    torch.save({"w": torch.ones(10)}, "/data/output/w.pt")
    print("load", float(torch.load("/data/output/w.pt", mmap=True)["w"].sum()))
    for strategy in ("file_descriptor", "file_system"):
        torch.multiprocessing.set_sharing_strategy(strategy)
        loader = torch.utils.data.DataLoader(Squares(), batch_size=4, num_workers=2)
        print("loader", strategy, sum(float(batch.sum()) for batch in loader))
    context = torch.multiprocessing.get_context("spawn")
    queue, tensor = context.Queue(), torch.zeros(4).share_memory_()
    child = context.Process(target=add, args=(tensor, queue))
    child.start()
    queue.get(timeout=100)
    child.join()
    print("spawn", tensor.tolist())
    try:
        torch.save({}, "/data/models/w.pt")
        print("models written")
    except RuntimeError as error:
        print("models refused" if "Read-only file system" in str(error) else error)
if __name__ == "__main__":
    main()
"""
COMPUTED = [
    "backward (2, 3, 16, 16)", "load 10.0", "loader file_descriptor 1240000.0", "loader file_system 1240000.0",
    "spawn [1.0, 1.0, 1.0, 1.0]",
]  # fmt: skip
COMPILE = """
import os, torch
def f(x): return torch.nn.functional.gelu(x) * torch.sin(x)
x = torch.randn(64, 64)
print(torch.allclose(torch.compile(f)(x), f(x), atol=1e-4))
made = [name for _, _, names in os.walk(os.environ["TORCHINDUCTOR_CACHE_DIR"]) for name in names]
print(any(name.endswith(".so") for name in made))
"""


def python() -> str:
    """The interpreter that has torch."""
    if not GIVEN:
        warnings.warn("CATALYST_TEST_COMFYUI is not set: nothing of torch was tried", NoComfyUI, stacklevel=2)
        pytest.skip("CATALYST_TEST_COMFYUI is not set")
    return GIVEN.partition(":")[2]


def run(catalyst: Catalyst, level: str, program: str) -> list[str]:
    """What `program` prints at `level`."""
    env = {"SECURITY_LEVEL": level, "NETWORK_MODE": "isolated"}
    interpreter = python()
    assert catalyst.run("true").returncode == 0  # makes the places
    script = catalyst.data / "input/program.py"
    script.write_text(program)
    script.chmod(0o644)
    done = catalyst("run", f"--python={interpreter}", "--", "python", "/data/input/program.py", **env)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


@pytest.mark.parametrize("level", LEVELS)
def test_torch_computes_saves_and_shares_memory(catalyst: Catalyst, level: str) -> None:
    models = "models written" if level == "normal" else "models refused"
    assert run(catalyst, level, COMPUTE) == [*COMPUTED, models]


@pytest.mark.parametrize("engine", ["bwrap"], indirect=True)  # the test image has no compiler
@pytest.mark.parametrize("level", LEVELS)
def test_torch_compile_writes_its_cache_and_loads_it(catalyst: Catalyst, level: str) -> None:
    if GIVEN:
        assert shutil.which("g++"), "torch.compile needs a C++ compiler: apt-get install g++"
    assert run(catalyst, level, COMPILE) == ["True", "True"]
