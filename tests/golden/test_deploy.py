"""deploy/ is what the targets print for the image's defaults; `pytest tests/golden --update` rewrites it.

Kustomize takes what all network modes share from base/, and the rest from the mode's overlay. Nothing is patched, so the
files are the rendered objects as they are.
"""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from catalyst import __version__
from catalyst.audit import find
from catalyst.audit.model import Broken, Unknown
from catalyst.audit.run import run
from catalyst.guard.record import replace
from catalyst.policy.build import build
from catalyst.render.target import Facts, targets
from catalyst.settings import NetworkMode, variables
from strategies import sandbox, settings_with

DEPLOY = Path(__file__).parents[2] / "deploy"
MODES = tuple(mode.name.lower() for mode in NetworkMode)
IMAGE = f"catalyst-comfyui:{__version__}"
# A uid that the node has no user for; the image runs under any.
SETTINGS = {"security_level": "high", "user": "10001:10001", "image": IMAGE}
GVISOR = """\
# The pod under gVisor's kernel, where the cluster has a RuntimeClass of that name. It has no Landlock, and without that
# `high` and `maximum` refuse to start: docs/guides/kubernetes.md says what that means.
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
  - target:
      kind: StatefulSet
      name: catalyst
    patch: |-
      - op: add
        path: /spec/template/spec/runtimeClassName
        value: gvisor
"""
APPARMOR = """\
# Under the container runtime's AppArmor profile, and on no node without AppArmor. Kubernetes 1.30 or newer.
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
  - target:
      kind: StatefulSet
      name: catalyst
    patch: |-
      - op: add
        path: /spec/template/spec/securityContext/appArmorProfile
        value:
          type: RuntimeDefault
"""
# More pods than one. What kustomize adds to the rendered objects is a name for each pod, by a Service without an address.
REPLICAS = """\
# Two pods, each with logins, models and a queue of its own; on different nodes where there are some. Choose it before the
# first start: the name of the Service that names the pods cannot be changed later. docs/guides/kubernetes.md says more.
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources:
  - pods.yaml
patches:
  - target:
      kind: StatefulSet
      name: catalyst
    patch: |-
      - op: replace
        path: /spec/replicas
        value: 2
      - op: replace
        path: /spec/serviceName
        value: catalyst-pods
      - op: add
        path: /spec/template/spec/topologySpreadConstraints
        value:
          - maxSkew: 1
            topologyKey: kubernetes.io/hostname
            whenUnsatisfiable: ScheduleAnyway
            labelSelector:
              matchLabels:
                app.kubernetes.io/name: catalyst
  - target:
      kind: Service
      name: catalyst
    patch: |-
      - op: add
        path: /spec/sessionAffinityConfig
        value:
          clientIP:
            timeoutSeconds: 86400
"""
PODS = """\
# catalyst-0.catalyst-pods.catalyst.svc and so on: one name for each pod.
apiVersion: v1
kind: Service
metadata:
  name: catalyst-pods
  namespace: catalyst
  labels:
    app.kubernetes.io/name: catalyst
spec:
  clusterIP: None
  selector:
    app.kubernetes.io/name: catalyst
  ports:
    - name: http
      port: 8080
      targetPort: http
"""
# Rented pods are one container; what can be said of it is the image, variables, ports and a volume (docs/guides/pods.md).
RENTED = {"security_level": "high", "network_mode": "restricted", "gpu": "nvidia", "self_signed": "true"}


def _template() -> str:
    """The body of POST /v2/templates (docs.runpod.io/api-reference-v2/templates/create-a-template). No start command: the
    image has its own. What the platform would start beside it is off."""
    return json.dumps({
        "name": "Catalyst", "image": f"registry.example.com/{IMAGE}", "category": "NVIDIA", "disk": 20,
        "ports": ["8188/tcp"], "env": variables(settings_with(**RENTED)),
        "mounts": {"persistent": {"size": 100, "path": "/workspace"}},
        "public": False, "serverless": False, "startJupyter": False, "startSsh": False,
    }, indent=2) + "\n"  # fmt: skip


def _vast() -> str:
    """The body of POST /template/, as vast.ai's own client sends it (PyPI: vastai 1.9.1, vastai/api/offers.py). `args` is
    the mode that keeps the image's entrypoint. Left as it is the hash stops the start: nobody could log in."""
    given = {**variables(settings_with(**RENTED)), "CATALYST_PASSWORD_HASH": "REPLACE-THIS"}
    return json.dumps({
        "name": "Catalyst", "image": f"registry.example.com/{IMAGE.partition(':')[0]}", "tag": IMAGE.partition(":")[2],
        "env": " ".join((*(f"-e {name}={value}" for name, value in given.items()), "-p 8188:8188")),
        "runtype": "args", "use_ssh": False, "ssh_direct": False, "jup_direct": False, "use_jupyter_lab": False,
        "recommended_disk_space": 100, "private": True,
    }, indent=2) + "\n"  # fmt: skip


def _rendered(target: str, mode: str) -> str:
    settings = settings_with(**SETTINGS, network_mode=mode)
    ready = replace(sandbox(settings), variables=tuple(variables(settings).items()), image=IMAGE)
    return targets()[target].render(build(settings), ready, Facts()).text


def _kustomization(*resources: str) -> str:
    listed = "".join(f"  - {one}\n" for one in resources)
    return f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{listed}"


def _wanted() -> Mapping[str, str]:
    objects = {mode: _rendered("kubernetes", mode).split("---\n") for mode in MODES}
    seen = Counter(one for found in objects.values() for one in found)
    shared = [one for one in objects[MODES[0]] if seen[one] == len(MODES)]
    files = {
        "kubernetes/base/objects.yaml": "---\n".join(shared),
        "kubernetes/base/kustomization.yaml": _kustomization("objects.yaml"),
        "kubernetes/components/gvisor/kustomization.yaml": GVISOR,
        "kubernetes/components/apparmor/kustomization.yaml": APPARMOR,
        "kubernetes/components/replicas/kustomization.yaml": REPLICAS,
        "kubernetes/components/replicas/pods.yaml": PODS,
    }
    for mode, found in objects.items():
        own = [one for one in found if seen[one] < len(MODES)]
        files[f"kubernetes/overlays/{mode}/objects.yaml"] = "---\n".join(own)
        files[f"kubernetes/overlays/{mode}/kustomization.yaml"] = _kustomization("../../base", "objects.yaml")
    return {**files, "rented/runpod.json": _template(), "rented/vast.json": _vast()}


@pytest.mark.parametrize("name", _wanted())
def test_a_file_of_deploy_is_what_is_rendered(name: str, request: pytest.FixtureRequest) -> None:
    file, found = DEPLOY / name, _wanted()[name]
    if request.config.getoption("--update"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found, encoding="utf-8")
    assert file.is_file(), "no such file yet; pytest --update writes it"
    assert found == file.read_text(encoding="utf-8"), "if the change is meant: pytest tests/golden --update"


def test_nothing_else_lies_in_deploy() -> None:
    assert {str(file.relative_to(DEPLOY)) for file in DEPLOY.rglob("*") if file.is_file()} == set(_wanted())


@pytest.mark.parametrize("mode", MODES)
def test_base_and_overlay_are_the_whole(mode: str) -> None:
    """No object is in both, and none is lost."""
    parts = [(DEPLOY / f"kubernetes/{part}/objects.yaml").read_text(encoding="utf-8").split("---\n")
             for part in ("base", f"overlays/{mode}")]  # fmt: skip
    assert sorted(one for part in parts for one in part) == sorted(_rendered("kubernetes", mode).split("---\n"))
    assert "kind: NetworkPolicy" in "".join(parts[1])
    assert "kind: Namespace" in "".join(parts[0])


@pytest.mark.parametrize("mode", MODES)
def test_our_own_audit_finds_nothing_but_the_digest_that_only_a_build_has(mode: str) -> None:
    """Pod Security `restricted` among it."""
    rows = run(find.files([str(DEPLOY / "kubernetes/base"), str(DEPLOY / f"kubernetes/overlays/{mode}")]))
    found = {row.check.id for row in rows if isinstance(row.outcome, Broken | Unknown)}
    assert found == {"container-image-digest"}
    standard = {one for row in rows for one in row.check.references if one.startswith(("PSS baseline:", "PSS restricted:"))}
    assert len(standard) >= 19
