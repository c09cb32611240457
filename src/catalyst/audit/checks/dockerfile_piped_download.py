"""A download that is run unseen."""

import re

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity

PIPED = re.compile(r"\b(?:curl|wget|fetch)\b[^|;&\n]*\|\s*(?:sudo\s+(?:-\S+\s+)*|env\s+\S+\s+)*(?:/\S*/)?(?:ba|z|da|k)?sh\b|"
                   r"\b(?:curl|wget)\b[^|;&\n]*\|\s*(?:sudo\s+)?python[\d.]*\b|(?:ba|z|da)?sh\s+(?:-c\s+)?[\"']?(?:<\(|\$\()\s*(?:curl|wget)\b")


CHECK = Check(
    id="dockerfile-piped-download",
    control="supply-chain",
    severity=Severity.HIGH,
    title="no download is run without having been looked at",
    why="Who holds the address, or the way to it, runs what he likes in every build; a server can even tell a pipe from"
    " a download.",
    fix={"dockerfile": "ADD --checksum=sha256:… ADDRESS /tmp/install.sh, then RUN sh /tmp/install.sh"},
    references=("CIS 4.11", "CWE-494"),
    about=Dockerfile,
    language="dockerfile",
    good=("FROM a\nRUN curl -fsSLo x.sh https://example.org/x && sha256sum -c sums && sh x.sh",),
    bad=("FROM a\nRUN curl -fsSL https://example.org/x | bash",
         "FROM a\nRUN wget -qO- https://example.org/x | sudo sh -s --",
         'FROM a\nRUN bash -c "$(curl -fsSL https://example.org/x)"', "FROM a\nRUN bash <(curl https://example.org/x)",
         "FROM a\nRUN curl https://example.org/x | python3 -"),
    test=lambda facts: judge((At(words, line) for line, words in look.any_place(look.runs(facts), PIPED)), "none"),
)
