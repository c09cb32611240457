"""The real guard on an older kernel: Debian 12's, with Landlock ABI 2, and the same one booted without Landlock."""

from pathlib import Path

import pytest

from catalyst.guard.supervise import UNENFORCEABLE
from catalyst.policy.build import build
from catalyst.policy.model import NotEnforced, Partly
from catalyst.render.target import Facts, answers, targets
from strategies import sandbox
from vm import layout, machine, rendered

pytestmark = pytest.mark.lane("vm")
STRICT = ("high", "maximum")
REFUSED = ("write-models", "write-nodes", "write-code", "write-outside", "run-output", "run-tmp")
WORKS = ("write-output", "write-tmp", "run-system", "read-models", "unix", "tcp", "locked", "moved", "thread-name")
NOT_COVERED = ("truncate-model", "run-loader", "map-output", "read-outside")
ATTEMPTS = (*REFUSED, *WORKS, *NOT_COVERED)
FILTERED = {"run-memory": "EPERM"}  # the filter needs no Landlock
IMPORT = "import sys; sys.path.insert(0, '/opt/catalyst')"
ABI = f"""$PYTHON -c "{IMPORT}; from catalyst.engine.facts import _landlock; print('@@ abi', _landlock())" """
CATALYST = f"""$PYTHON -c "{IMPORT}; from catalyst.cli.main import main; sys.exit(main())" """


def _boot(folder: Path, append: str, plans: dict[str, Facts], *more: str) -> machine.Said:
    """The control, then the guard under each plan, as root starts it."""
    archive = machine.base("bwrap")
    layout.sandbox(archive)
    lines = [ABI, f"$ENTER none - 1000 $PROBE none {' '.join((*ATTEMPTS, *FILTERED))}"]
    for name, facts in plans.items():
        argv = ("/usr/bin/python3", "-I", "-S", "-B", "/opt/probe/probe.py", f"under/{name}", *ATTEMPTS, *FILTERED)
        plan = rendered.plan(rendered.settings_of(name.partition("/")[0], "isolated"), facts, argv)
        archive.file(f"plans/{name}", plan.encode(), 0o600)
        guard = f"$PYTHON /opt/catalyst/catalyst/guard/__main__.py /plans/{name}"
        lines.append(f'{guard}; echo "@@ code/{name} $?"')
    return machine.boot(archive, "\n".join([*lines, *more]), append, folder)


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> machine.Said:
    facts = Facts(root=True, landlock=2)
    return _boot(tmp_path_factory.mktemp("vm"), "lsm=landlock", dict.fromkeys(STRICT, facts))


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> machine.Said:
    """`demands` are plans made for a kernel that has Landlock, `honest` the one that Catalyst makes on this kernel."""
    plans = {**{f"{level}/demands": Facts(root=True, landlock=7) for level in STRICT}, "high/honest": Facts(root=True)}
    return _boot(
        tmp_path_factory.mktemp("vm"), "lsm=yama", plans,
        f"{CATALYST} render guard --security-level=maximum --data=/data >/dev/null 2>/notices; busybox cat /notices; "
        "busybox grep -c 'execution: not said here: this kernel has no Landlock' /notices | busybox sed 's/^/@@ notices /'",
        f'{CATALYST} run --engine=bwrap --security-level=maximum --data=/data -- /usr/bin/true; echo "@@ run $?"',
    )  # fmt: skip


def test_the_control_without_a_guard(older: machine.Said, without: machine.Said) -> None:
    assert older.words["none"] == without.words["none"] == dict.fromkeys((*ATTEMPTS, *FILTERED), "done")


def test_landlock_2_holds_writing_and_running(older: machine.Said) -> None:
    assert older.words["abi"] == 2
    for level in STRICT:
        assert older.words[f"code/{level}"] == 0, older.everything
        found = older.words[f"under/{level}"]
        assert {name: found[name] for name in REFUSED} == dict.fromkeys(REFUSED, "EACCES")
        assert {name: found[name] for name in WORKS} == dict.fromkeys(WORKS, "done")


def test_landlock_2_does_not_stop_truncating_and_that_is_said(older: machine.Said) -> None:
    """A model the workload may only read is emptied by truncate(2). The gap names it; so it does what ABI 3 closes."""
    for level in STRICT:
        found = older.words[f"under/{level}"]
        assert {name: found[name] for name in NOT_COVERED} == dict.fromkeys(NOT_COVERED, "done")
        assert FILTERED.items() <= found.items()
        said = _answer(level, Facts(root=True, landlock=2), "write-confinement")
        assert isinstance(said, Partly)
        assert "truncate(2)" in said.missing
        assert "truncate" not in str(_answer(level, Facts(root=True, landlock=3), "write-confinement"))


def test_without_landlock_it_is_said(without: machine.Said) -> None:
    assert without.words["abi"] == 0
    for control in ("write-confinement", "execution"):
        assert _answer("maximum", Facts(root=True, landlock=0), control) == NotEnforced("this kernel has no Landlock")
    assert without.words["notices"] == 1, without.everything


def test_without_landlock_maximum_does_not_start(without: machine.Said) -> None:
    """The real command in the machine: nothing but Landlock holds `execution` under bubblewrap."""
    assert without.words["run"] == UNENFORCEABLE, without.everything
    assert "control execution cannot be enforced" in without.everything


@pytest.mark.parametrize("level", STRICT)
def test_a_plan_that_demands_landlock_is_refused(without: machine.Said, level: str) -> None:
    assert without.words[f"code/{level}/demands"] == UNENFORCEABLE, without.everything
    assert f"under/{level}/demands" not in without.words, "the workload must not have run"
    assert "the guard could not confine the workload: landlock: landlock_create_ruleset" in without.everything


def test_the_control_a_plan_that_does_not_demand_it_runs(without: machine.Said) -> None:
    """Unconfined as it was said to be: the same attempts get through, so Landlock is what stopped them above."""
    assert without.words["code/high/honest"] == 0
    assert without.words["under/high/honest"] == dict.fromkeys(ATTEMPTS, "done") | FILTERED


def _answer(level: str, facts: Facts, control: str) -> object:
    """What the inner layer alone says of a control."""
    policy = build(rendered.settings_of(level, "isolated"))
    gaps = targets()["guard"].render(policy, sandbox(), facts).gaps
    return answers(policy, {"inner": gaps})[control].overall
