"""What a workload is told where the broker uses tokens for it: whom to trust, and where Hugging Face is.

No value is here. Without these variables programs fail at a certificate that they do not know; they are manners.
"""

from catalyst.egress.hub import ENDPOINT, XET_HOST
from catalyst.guard.record import replace
from catalyst.settings import Settings
from catalyst.workloads.model import Workload

TRUST = "/run/catalyst/trust.pem"  # the system's authorities and the run's own (services/broker/tokens/authority.py)
# Programs that look at none of these read the system's bundle, over which the same file is shown.
BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS")
PLACEHOLDER = "kept-outside-by-catalyst"


def xet(settings: Settings) -> bool:
    """May the workload have tokens of Xet's? Only by a word of the owner's: the built-in list is not that."""
    return any(rule.partition(":")[0] in {XET_HOST, f"*.{XET_HOST.partition('.')[2]}"} for rule in settings.egress_allow)


def with_tokens(workload: Workload, settings: Settings, trust: str = TRUST) -> Workload:
    """The workload beside a broker with tokens; `trust` is where it finds whom to trust."""
    told = {**dict.fromkeys(BUNDLES, trust), "HF_ENDPOINT": ENDPOINT}
    if not xet(settings):
        told["HF_HUB_DISABLE_XET"] = "1"
    told |= dict.fromkeys(settings.token_placeholders, PLACEHOLDER)
    return replace(workload, env={**workload.env, **told})
