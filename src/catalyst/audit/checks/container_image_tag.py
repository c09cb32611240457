"""An image by a tag that stays."""

import re

from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    image = known(facts.image, "its image is not known")
    if not image or "@sha256:" in image or re.fullmatch(r"(?:sha256:)?[0-9a-f]{12,64}", image):
        return Held("built here, or by digest")
    tag = image.rpartition("/")[2].partition(":")[2]
    return broken(f"image {image[:100]}", facts.line("image")) if tag in {"", "latest"} else Held(f"tag {tag[:60]}")


CHECK = Check(
    id="container-image-tag",
    control="supply-chain",
    severity=Severity.MEDIUM,
    title="an image has a tag, and not latest",
    why="What runs changes with the next pull, and nobody can say what ran before.",
    fix={"compose": "image: NAME:VERSION@sha256:…", "": "docker image inspect --format '{{.RepoDigests}}' NAME"},
    references=("CIS 4.2", "DL3007", "KSV-0013", "CL-0004", "CKV_K8S_14", "CWE-1104"),
    about=Container,
    kinds=("compose", "kubernetes"),
    language="compose",
    good=("image: a/b:1.2", "image: registry:5000/a/b:1.2", f"image: a@sha256:{'0' * 64}", "build: ."),
    bad=("image: a/b", "image: a/b:latest", "image: registry:5000/a/b"),
    test=_test,
)
