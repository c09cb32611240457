"""Verification switched off."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity

OFF = re.compile(
    r"\bcurl\b[^|;&\n]*\s(?:-[a-zA-Z]*k[a-zA-Z]*\b|--insecure\b)|\bwget\b[^|;&\n]*--no-check-certificate|"
    r"\bpip[\d.]*\b[^|;&\n]*--trusted-host|--allow-unauthenticated|--allow-insecure-repositories|--force-yes\b|--nogpgcheck|"
    r"--no-gpg-checks?\b|\bapk\b[^|;&\n]*--allow-untrusted|http\.sslverify\s*=?\s*(?:false|0)|strict-ssl\s+false|"
    r"trusted\s*=\s*yes|StrictHostKeyChecking[= ]no|Acquire::https?::Verify-Peer\s*=?\s*\"?false",
                 re.IGNORECASE)  # fmt: skip
VARIABLES = {"GIT_SSL_NO_VERIFY": "", "NODE_TLS_REJECT_UNAUTHORIZED": "0", "PYTHONHTTPSVERIFY": "0",
             "PIP_TRUSTED_HOST": "",
             "NPM_CONFIG_STRICT_SSL": "false", "CURL_INSECURE": ""}  # fmt: skip


def _places(facts: Dockerfile) -> Iterator[At]:
    for line, words in look.any_place(look.runs(facts), OFF):
        yield At(words, line)
    for one in look.instructions(facts, "ENV", "ARG"):
        for word in one.words or one.text.split():
            name, _, value = word.partition("=")
            if name in VARIABLES and (value == VARIABLES[name] if VARIABLES[name] else value not in {"", "false", "0"}):
                yield At(f"{one.name} {name}={value[:40]}", one.line)


CHECK = Check(
    id="dockerfile-verification",
    control="supply-chain",
    severity=Severity.HIGH,
    title="certificates and signatures are checked while an image is built",
    why="Whoever is on the way to the server puts his own files into the image.",
    fix={"dockerfile": "leave the option out; for an own authority: COPY ca.crt /usr/local/share/ca-certificates/ and "
                       "update-ca-certificates"},
    references=("CIS 4.11", "CKV2_DOCKER_2", "CKV2_DOCKER_4", "CKV2_DOCKER_5", "CWE-295"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nRUN curl -fsSL https://example.org/x -o x", "FROM a\nENV GIT_SSL_NO_VERIFY=false"),
    bad=("FROM a\nRUN curl -fkL https://example.org/x", "FROM a\nRUN wget --no-check-certificate https://example.org/x",
         "FROM a\nRUN pip install --trusted-host example.org x", "FROM a\nENV GIT_SSL_NO_VERIFY=1",
         "FROM a\nENV NODE_TLS_REJECT_UNAUTHORIZED=0", "FROM a\nRUN apt-get install -y --allow-unauthenticated x",
         "FROM a\nRUN git config --global http.sslVerify false"),
    test=lambda facts: judge(_places(facts), "nothing switches it off"),
)
