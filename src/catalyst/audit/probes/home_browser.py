"""Browser profiles and wallets: what LLMVISION and Upscaler-4K came for."""

from catalyst.audit.inside.acts.files import in_home
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="home-browser",
    theme="read",
    title="take browser profiles and wallets",
    origin="I1, I6",
    control="namespaces",
    layers=ENGINES,
    act=in_home(
        ".mozilla", ".config/google-chrome", ".config/chromium", ".config/BraveSoftware", ".bitcoin", ".ethereum",
        ".config/Exodus", ".electrum",
    ),
)  # fmt: skip
