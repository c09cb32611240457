"""An image by digest."""

import re

from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    image = known(facts.image, "its image is not known")
    if not image or re.search(r"@sha256:[0-9a-f]{64}$", image):
        return Held("built here, or by digest")
    return broken(f"image {image[:100]} has no digest", facts.line("image"))


CHECK = Check(
    id="container-image-digest",
    control="supply-chain",
    severity=Severity.LOW,
    title="an image is named by its digest",
    why="A tag can be moved to other content, by its owner or by whoever has his password: 76 tags of trivy-action were"
    " in March 2026.",
    fix={"compose": "image: NAME:VERSION@sha256:…", "": "docker image inspect --format '{{.RepoDigests}}' NAME"},
    references=("CIS 4.2", "CL-0019", "CKV_K8S_43", "CWE-494"),
    about=Container,
    kinds=("compose", "kubernetes"),
    language="compose",
    good=(f"image: a/b:1@sha256:{'0' * 64}", "build: ."),
    bad=("image: a/b:1.2", "image: a"),
    test=_test,
)
