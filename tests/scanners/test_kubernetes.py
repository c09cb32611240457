"""What `catalyst render kubernetes` prints, under the schemas of every Kubernetes version it is for, and under Trivy."""

import operator
import subprocess
from functools import reduce
from pathlib import Path

import pytest
import yaml

from catalyst.guard.record import replace
from catalyst.policy.build import build
from catalyst.render.target import Facts, targets
from catalyst.settings import Level, NetworkMode, variables
from scanners import trivy
from strategies import sandbox, settings_with

VERSIONS = tuple(f"1.{minor}" for minor in range(29, 38))
KINDS = 7  # with a schema: Namespace, ConfigMap, ServiceAccount, NetworkPolicy, PodDisruptionBudget, Service, StatefulSet
DEPLOY = Path(__file__).parents[2] / "deploy/kubernetes"


def _text(**options: str) -> str:
    settings = settings_with(user="10001:10001", **options)
    ready = replace(sandbox(settings), variables=tuple(variables(settings).items()), image="catalyst-comfyui:1.0.0")
    return targets()["kubernetes"].render(build(settings), ready, Facts()).text


@pytest.fixture
def manifests(tmp_path: Path) -> list[Path]:
    """One per level and mode, with a GPU, with models, and paranoid."""
    wanted = {f"{level.name}-{mode.name}".lower(): {"security_level": level.name.lower(), "network_mode": mode.name.lower()}
              for level in Level for mode in NetworkMode}  # fmt: skip
    wanted |= {"nvidia": {"gpu": "nvidia"}, "amd": {"gpu": "amd"}, "paranoid": {"paranoid_mode": "true"},
               "models": {"network_mode": "restricted", "models": "/m.toml", "security_token_vault_path": "/v.age"}}
    folder = tmp_path / "manifests"
    folder.mkdir()
    for name, options in wanted.items():
        (folder / f"{name}.yaml").write_text(_text(**options))
    return sorted(folder.iterdir())


def _validate(tools: Path, version: str, *files: Path) -> tuple[int, str]:
    argv = [str(tools / "kubernetes-validate"), "--kubernetes-version", version, "--strict", *map(str, files)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_schemas(tools: Path, manifests: list[Path], version: str) -> None:
    code, said = _validate(tools, version, *manifests)
    errors = [line for line in said.splitlines() if line.startswith("ERROR")]
    assert (code, errors) == (0, []), said[-2000:]
    assert said.count("passed for resource") == KINDS * len(manifests)


@pytest.mark.parametrize("name", ["apparmor", "gvisor", "replicas"])
def test_a_component_leads_to_a_field_that_exists(tools: Path, tmp_path: Path, name: str) -> None:
    """Each operation done here, for want of kustomize, on the base as it lies in deploy/."""
    folder = DEPLOY / "components" / name
    objects = list(yaml.safe_load_all((DEPLOY / "base/objects.yaml").read_text()))
    component = yaml.safe_load((folder / "kustomization.yaml").read_text())
    patched = []
    for patch in component["patches"]:
        (changed,) = (one for one in objects
                      if patch["target"] == {"kind": one["kind"], "name": one["metadata"]["name"]})  # fmt: skip
        patched.append(changed)
        for operation in yaml.safe_load(patch["patch"]):
            *way, last = operation["path"].strip("/").split("/")
            parent = reduce(operator.getitem, way, changed)
            assert operation["op"] == ("replace" if last in parent else "add")
            parent[last] = operation["value"]
    patched += [yaml.safe_load((folder / one).read_text()) for one in component.get("resources", [])]
    file = tmp_path / "patched.yaml"
    file.write_text(yaml.safe_dump_all(patched))
    for version in VERSIONS[1:]:  # appArmorProfile is of 1.30
        code, said = _validate(tools, version, file)
        assert code == 0, said
        assert said.count("passed for resource") == len(patched)
    wrong = file.read_text()
    for field in ("appArmorProfile:", "runtimeClassName:", "topologySpreadConstraints:"):
        wrong = wrong.replace(field, f"x-{field}")
    (tmp_path / "wrong.yaml").write_text(wrong)
    assert _validate(tools, VERSIONS[-1], tmp_path / "wrong.yaml")[0] != 0


def test_a_wrong_field_is_seen(tools: Path, tmp_path: Path) -> None:
    """The control of the test above."""
    (tmp_path / "wrong.yaml").write_text(_text().replace("readOnlyRootFilesystem:", "readOnlyRoot:"))
    code, said = _validate(tools, VERSIONS[-1], tmp_path / "wrong.yaml")
    assert code != 0, said
    assert "readOnlyRoot" in said


def test_trivy(tools: Path, manifests: list[Path], tmp_path: Path) -> None:
    assert [f"{one['ID']} {one['Message']}" for one in trivy.findings(tools, manifests[0].parent, tmp_path)] == []
    assert trivy.findings(tools, DEPLOY, tmp_path) == []
    manifests[0].write_text(manifests[0].read_text().replace("runAsNonRoot: true", "runAsNonRoot: false"))
    assert {one["ID"] for one in trivy.findings(tools, manifests[0].parent, tmp_path)} == {"KSV-0012"}
