"""Secrets in manifests."""

from collections.abc import Iterator

from catalyst.audit import look, pods
from catalyst.audit.facts import Manifests
from catalyst.audit.model import At, Check, judge
from catalyst.audit.subjects.documents import line_of
from catalyst.severity import Severity


def _places(facts: Manifests) -> Iterator[At]:
    for one in pods.objects(facts, "Secret", "ConfigMap"):
        for key in ("stringData", "data"):
            data = pods.mapping(one, key)
            for name in data:
                text = str(data[name] or "")
                kind = look.token_in(text) or ("a value" if one["kind"] == "Secret" and text
                                               and not text.startswith(("ENC[", "$", "<")) else "")
                if kind or (one["kind"] == "ConfigMap" and look.secret_in(name, text)):
                    yield At(f"{pods.title(one)}: {name[:60]} holds {kind or 'a secret, by its name'}",
                             line_of(data, name))


CHECK = Check(
    id="manifests-secrets",
    control="secrets",
    severity=Severity.HIGH,
    title="no secret stands in a manifest",
    why="Base64 is no encryption: whoever reads the repository has it, and so has its history.",
    fix={"kubernetes": "make it from outside: kubectl create secret generic NAME --from-file=FILE; or seal it (sops, "
                       "sealed-secrets)"},
    references=("CIS 4.10", "KSV-0109", "CWE-798"),
    about=Manifests,
    language="kubernetes objects",
    good=("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {LEVEL: high}",
          "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {}"),
    bad=("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {token: abc}",
         "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {API_TOKEN: abcdefgh}"),
    test=lambda facts: judge(_places(facts), "no secret"),
)
