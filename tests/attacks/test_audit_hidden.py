"""What somebody writes who knows that an audit will read it: the same weakness by other words. Each is found, refused or
unknown; none is held. The plain spelling beside it shows that the check sees the weakness at all."""

from pathlib import Path

import pytest

from catalyst.audit import find
from catalyst.audit.model import Broken, Unknown
from catalyst.audit.run import run
from catalyst.errors import SubjectUnreadable

HEAD = "services:\n  c:\n    image: a:1\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostPID: true, containers: [{name: a}]}\n"
SPEC = "{hostPID: true, containers: [{name: a}]}"

COMPOSE = {
    "container-privileged": [
        HEAD + "    privileged: true\n", HEAD + "    privileged: yes\n", HEAD + '    privileged: "on"\n',
        HEAD + "    ? privileged\n    : TRUE\n", HEAD + '    "\\x70rivileged": true\n',
        "x: &x {privileged: true}\n" + HEAD + "    <<: *x\n", "x: &x {privileged: true}\n" + HEAD + "    <<: [*x]\n",
        HEAD + "    extends: d\n  d: {image: b, privileged: true}\n", HEAD + "    privileged: ${P:-true}\n",
        HEAD + "    privileged: ${P}\n", HEAD + "    privileged: [true]\n", HEAD + "    privileged: !!bool true\n",
    ],
    "container-sensitive-mount": [
        HEAD + f"    volumes: ['{source}:/x']\n" for source in (
            "/etc", "/etc/", "//etc", "/./etc", "/srv/../etc", "/proc/self/root/etc", "/proc/1/root", "/proc/self/cwd",
                                                                "/",
            "///", "/..", "${X}", "~/.ssh", "/home/me/.aws/credentials", "/var/lib/docker/volumes")
    ] + [
        HEAD + "    volumes: [v:/x]\nvolumes: {v: {driver_opts: {type: none, o: 'rw,bind', device: /etc}}}\n",
        HEAD + "    volumes:\n      - {type: bind, source: /etc, target: /x}\n",
        HEAD + "    extends: d\n  d: {image: b, volumes: ['/etc:/x']}\n",
    ],
    "container-host-network": [
        HEAD + "    network_mode: host\n", HEAD + "    networks: [n]\nnetworks: {n: {external: true, name: host}}\n",
        HEAD + "    network_mode: ${N:-host}\n", HEAD + "    network_mode: ${N}\n",
    ],
    "container-user": [HEAD + f"    user: {user}\n"
                       for user in ("root", '"0"', "0", '"000"', '"0:1000"', "+0", '" 0"', "${U}")],
    "container-seccomp": [HEAD + "    security_opt: ['seccomp:unconfined']\n",
                          HEAD + "    security_opt: ['seccomp = unconfined']\n",
                          HEAD + "    security_opt:\n      - seccomp=./a.json\n      - seccomp=unconfined\n"],
}  # fmt: skip
DOCKERFILES = {
    "dockerfile-user": [
        "FROM a:1\n", "FROM a:1\nUSER root\n", "from a:1\nuser 0\n", "FROM a:1\nUSER 1000\nUSER 0\n",
                        "FROM a:1\nUSER ${U:-0}\n",
        "FROM a:1\nARG U=1000\nARG U=0\nUSER $U\n", "FROM a:1\nUSER $NOBODY_KNOWS\n", "FROM a:1\nRUN <<E\nUSER 1000\nE\n",
        "# escape=`\nFROM a:1\nUSER `\n0\n", "FROM a:1\nUSER \\\n# 1000\n  0\n", "FROM a:1\nUSER 1000\nONBUILD USER 0\n",
        "FROM a:1 AS b\nUSER 1000\nFROM a:1\nCOPY --from=b / /\n", "FROM a:1\n#USER 1000\n", 'FROM a:1\nUSER "0"\n',
    ],
    "dockerfile-piped-download": [
        "FROM a:1\nRUN curl x | sh\n", "FROM a:1\nRUN curl x \\\n  | \\\n  sh\n",
                                  'FROM a:1\nRUN ["sh", "-c", "curl x | sh"]\n',
        "FROM a:1\nRUN <<E\ncurl x | bash\nE\n", "FROM a:1\nRUN wget -O- x | sudo -E bash -\n",
                                  "FROM a:1\nRUN curl x|/bin/sh\n",
        "FROM a:1\nONBUILD RUN curl x | sh\n",
    ],
}  # fmt: skip
MANIFESTS = {
    "pod-host-namespaces": [
        POD, "apiVersion: v1\nkind: List\nitems:\n  - " + POD.replace("\n", "\n    "), POD.replace("true", "yes"),
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a}}\nspec: {{template: {{spec: {SPEC}}}}}\n",
        f"apiVersion: batch/v1\nkind: CronJob\nspec: {{jobTemplate: {{spec: {{template: {{spec: {SPEC}}}}}}}}}\n",
        f"apiVersion: argoproj.io/v1\nkind: Rollout\nmetadata: {{name: a}}\nspec: {{template: {{spec: {SPEC}}}}}\n",
        "---\n---\n" + POD,
                            '{"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": ' + SPEC.replace("hostPID",
                                                                                                          '"hostPID"') + "}",
    ],
}  # fmt: skip
CASES = [(name, check, text) for name,
         table in (("compose.yaml", COMPOSE), ("Dockerfile", DOCKERFILES), ("pod.yaml", MANIFESTS))
         for check, texts in table.items() for text in texts]  # fmt: skip


@pytest.mark.parametrize(("name", "check", "text"), CASES, ids=range(len(CASES)))
def test_it_is_not_held(tmp_path: Path, name: str, check: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    try:
        found = find.files([str(file)])
    except SubjectUnreadable:
        return
    outcomes = [row.outcome for row in run(found) if row.check.id == check]
    assert outcomes
    assert any(isinstance(one, Broken | Unknown) for one in outcomes), text


def test_a_file_that_asks_scanners_to_look_away_is_read_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text("# hadolint global ignore=all\n# check=skip=all\n# trivy:ignore:*\n# "
                    "checkov:skip=CKV_DOCKER_8\nFROM a:1\n")
    (tmp_path / ".trivyignore").write_text("*\n")
    broken = {row.check.id for row in run(find.files([str(tmp_path)])) if isinstance(row.outcome, Broken)}
    assert {"dockerfile-user", "scanner-silenced"} <= broken
