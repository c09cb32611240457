"""What a system call costs under our filters, against Docker's own default profile and against none, in one run.

    python tests/live/daemon.py -- python bench/seccomp.py --image IMAGE [--rounds N] [--count N]

Needs a C compiler: Python's own cost of a call hides the 40 ns in question. One process per filter stays ready, all on
one CPU; each round asks every one of them in turn, so that a busy moment hits all alike. Inside, everything but the
filter is the same (no network, no capability, uid 1000). `again` is a second container with Docker's profile: what its
ratio differs from 1 is noise, and no other ratio means more than that. Without --image the processes run bare.

As root it also reads every filter back from the kernel and counts what is answered from its bitmap (tests/bitmap.py),
which no busy machine can blur.
"""

import argparse
import ctypes
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from bitmap import Code, Constant, instructions, stacked
from catalyst.policy.model import SystemCalls, Tier
from catalyst.policy.syscalls.numbers import AUDIT_ARCH, NUMBERS
from catalyst.render.seccomp import oci, program

SOURCE = Path(__file__).with_suffix(".c")
MACHINE = os.uname().machine
LOOKED_AT = ("socket_close", "sendto", "sendmsg", "clone", "ioctl", "prctl")  # by our filters; Docker's looks at some
TIERS = {tier.name.lower()[:4]: SystemCalls(tier, datagrams=True, memory_programs=tier is Tier.NORMAL) for tier in Tier}
PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_SECCOMP_GET_FILTER = 17, 0x4206, 0x4207, 0x420C


@dataclass
class Subject:
    """A process under one filter or two, and what it measured."""

    process: "subprocess.Popen[str]"
    pid: int
    taken: dict[str, list[float]] = field(default_factory=dict)

    def measure(self, count: int) -> None:
        """One round of all calls."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        words = self.process.stdout.readline().split()
        assert words, "the measuring process ended; its message is above"
        for name, value in zip(words[::2], words[1::2], strict=True):
            if value != "-":
                self.taken.setdefault(name, []).append(float(value))


@contextmanager
def subject(argv: list[str], container: str = "") -> Iterator[Subject]:
    """`argv` started and ready; ended by the end of its input."""
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        one = Subject(process, process.pid)
        one.measure(10)
        one.taken.clear()
        if container:
            said = subprocess.run(["docker", "inspect", "--format", "{{.State.Pid}}", container],
                                  check=True, capture_output=True, text=True).stdout  # fmt: skip
            one.pid = int(said)
        try:
            yield one
        finally:
            assert process.stdin is not None
            process.stdin.close()


def filters(folder: Path) -> None:
    """Compile the measuring program and write every filter, in both forms."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        sys.exit("bench/seccomp.py: error: no C compiler\nbench/seccomp.py: hint: apt-get install gcc libc6-dev")
    subprocess.run([compiler, "-O2", "-static", "-o", str(folder / "seccomp"), str(SOURCE)], check=True)
    for name, rule in TIERS.items():
        (folder / f"{name}.bpf").write_bytes(program.compile(rule, MACHINE))
        (folder / f"{name}.json").write_text(oci.profile(rule, MACHINE))
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755)


def bare(folder: Path) -> dict[str, list[str]]:
    """No container: no filter, and the guard's."""
    argv = [str(folder / "seccomp")]
    return {"none": argv, **{f"bpf {name}": [*argv, str(folder / f"{name}.bpf")] for name in TIERS}}


def contained(folder: Path, image: str) -> dict[str, list[str]]:
    """docker run with: no filter, its default twice, our profile, our profile and the guard's filter on top of it."""

    def run(name: str, profile: str, *arguments: str) -> list[str]:
        options = [f"--security-opt=seccomp={profile}"] if profile else []
        return ["docker", "run", "--rm", "--interactive", f"--name={container(name)}", "--network=none", "--cap-drop=ALL",
                "--security-opt=no-new-privileges", "--user=1000:1000", *options, "--log-driver=none",
                f"--mount=type=bind,source={folder},target=/bench,readonly", "--entrypoint=/bench/seccomp", image,
                *arguments]  # fmt: skip

    found = {"none": run("none", "unconfined"), "docker": run("docker", ""), "again": run("again", "")}
    found |= {f"oci {name}": run(f"oci {name}", str(folder / f"{name}.json")) for name in TIERS}
    found |= {f"bpf {name}": run(f"bpf {name}", "unconfined", f"/bench/{name}.bpf") for name in TIERS}
    for name in TIERS:
        found[f"both {name}"] = run(f"both {name}", str(folder / f"{name}.json"), f"/bench/{name}.bpf")
    return found


def container(name: str) -> str:
    """A name for `docker run` that nothing else has."""
    return f"catalyst-bench-{os.getpid()}-{name.replace(' ', '-')}"


def read_back(pid: int) -> list[Code]:
    """The filters of a process, newest first, as the kernel has them (ptrace(2), PTRACE_SECCOMP_GET_FILTER)."""
    libc = ctypes.CDLL(None, use_errno=True)

    def ptrace(request: int, address: int = 0, data: object = None) -> int:
        return int(libc.ptrace(ctypes.c_long(request), ctypes.c_long(pid), ctypes.c_void_p(address), data))

    if ptrace(PTRACE_SEIZE) < 0:
        raise OSError(ctypes.get_errno(), "ptrace(PTRACE_SEIZE)")
    ptrace(PTRACE_INTERRUPT)
    os.waitpid(pid, 0x40000000)  # __WALL: it is not a child of ours
    found: list[Code] = []
    try:
        while (length := ptrace(PTRACE_SECCOMP_GET_FILTER, len(found))) > 0:
            code = ctypes.create_string_buffer(8 * length)
            ptrace(PTRACE_SECCOMP_GET_FILTER, len(found), code)
            found.append(instructions(code.raw))
    finally:
        ptrace(PTRACE_DETACH)
    return found


def rounds(subjects: Mapping[str, Subject], times: int, count: int) -> None:
    """Each round begins with another one, so that none is always the one after a pause."""
    order = list(subjects.values())
    for turn in range(times):
        first = turn % len(order)
        for one in order[first:] + order[:first]:
            one.measure(count)


def table(subjects: Mapping[str, Subject], peer: str) -> None:
    """Nanoseconds of `none` and the peer, and everybody's ratio to the peer: of the minima, and of the medians."""
    others = [name for name in subjects if name not in {"none", peer}]
    for word, average in (("minimum", min), ("median", statistics.median)):
        print(f"\n{word + ', ns':14}{'none':>9}" + (f"{peer:>9}" if peer != "none" else "") + f"   ratio to {peer}:")
        print(f"{'':14}" + " " * (9 if peer == "none" else 18) + "".join(f"{name:>11}" for name in others))
        for call in subjects[peer].taken:
            mine = {name: average(one.taken[call]) for name, one in subjects.items() if call in one.taken}
            ratios = "".join(f"{mine[name] / mine[peer]:11.2f}" if name in mine else f"{'-':>11}" for name in others)
            star = "*" if call in LOOKED_AT else " "
            print(f"{call:13}{star}{mine['none']:9.1f}" + (f"{mine[peer]:9.1f}" if peer != "none" else "") + ratios)
    print("* our filters look at an argument of this call")


def slower(subjects: Mapping[str, Subject]) -> None:
    """Which hot calls cost more than under Docker's profile, beyond what Docker's own two containers differ by."""
    hot = [call for call in subjects["docker"].taken if call not in LOOKED_AT]

    def ratio(name: str, call: str) -> float:
        return min(subjects[name].taken[call]) / min(subjects["docker"].taken[call])

    noise = max(abs(ratio("again", call) - 1) for call in hot)
    found = [f"{name}: {call} {ratio(name, call):.2f}" for name in subjects if " " in name for call in hot
             if call in subjects[name].taken and ratio(name, call) > 1 + noise]  # fmt: skip
    print(f"\nDocker's profile differs from itself by up to {noise:.1%} (minima of the {len(hot)} unmarked calls)")
    ours = [ratio(name, call) for name in subjects if " " in name for call in hot if call in subjects[name].taken]
    print(f"ours to Docker's over these calls: median {statistics.median(ours):.3f}, most {max(ours):.3f}")
    print("slower than that: " + ("; ".join(found) or "none"))


def bitmaps(subjects: Mapping[str, Subject]) -> None:
    """How many calls each answers from the bitmap, how many it looks at, and where ours looks and Docker's does not."""
    said: dict[str, dict[str, Constant]] = {}
    print(
        f"\n{'filters read back':20}{'filters':>9}{'instructions':>14}{'on bitmap':>11}{'looks at':>10}{'refuses':>9}"
    )
    for name, one in subjects.items():
        codes = read_back(one.pid)
        said[name] = {call: stacked(codes, number, AUDIT_ARCH[MACHINE]) for call, number in NUMBERS[MACHINE].items()}
        totals = [list(said[name].values()).count(kind) for kind in (Constant.ALLOW, Constant.LOOKS, Constant.REFUSE)]
        print(f"{name:20}{len(codes):9}{sum(map(len, codes)):14}{totals[0]:11}{totals[1]:10}{totals[2]:9}")
    if "docker" not in said:
        return
    for name, mine in ((name, mine) for name, mine in said.items() if " " in name):  # ours have two words
        off = [call for call, kind in mine.items()
               if kind is Constant.LOOKS and said["docker"][call] is Constant.ALLOW]  # fmt: skip
        print(f"{name} looks at, Docker's does not: {' '.join(sorted(off)) or 'nothing'}")


def compare(variants: Mapping[str, list[str]], peer: str, options: argparse.Namespace, *, inside: bool) -> None:
    """Start all, measure in turn, print."""
    with ExitStack() as stack:
        subjects = {name: stack.enter_context(subject(argv, container(name) if inside else ""))
                    for name, argv in variants.items()}  # fmt: skip
        rounds(subjects, options.rounds, options.count)
        table(subjects, peer)
        if inside:
            slower(subjects)
        try:
            bitmaps(subjects)
        except OSError as error:
            print(f"filters are not read back: {error} (needs root, outside any filter)")


def main() -> int:
    """Print the tables; the figures decide nothing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", default="", help="any image for docker run; without it docker is left out")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--count", type=int, default=1000, help="calls of each kind in one round")
    options = parser.parse_args()
    if MACHINE not in NUMBERS:
        sys.exit(f"bench/seccomp.py: error: there is no table of system calls for {MACHINE}")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="catalyst-bench-") as name:
        folder = Path(name)
        filters(folder)
        print("bare processes")
        compare(bare(folder), "none", options, inside=False)
        if options.image:
            print("\ndocker run")
            compare(contained(folder, options.image), "docker", options, inside=True)
    print(
        f"\nkernel {os.uname().release}, {options.rounds} rounds of {options.count} calls, {time.monotonic() - start:.0f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
