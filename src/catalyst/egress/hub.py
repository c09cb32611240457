"""The name by which programs in the sandbox reach Hugging Face without TLS, because the broker speaks TLS for them.

`.internal` is never delegated (ICANN, resolution 2024.07.29.06), and the broker's resolver answers it itself.
"""

HUB, HUB_PORT = "hub.catalyst.internal", 80
BEHIND_HUB = "huggingface.co"
ENDPOINT = f"http://{HUB}"  # for HF_ENDPOINT
# An answer to /…/xet-read-token/ is a token, if one of a single repository and for a while: not for the workload, unless the
# owner names this host himself in CATALYST_EGRESS_ALLOW (knowledge: vault.md §6).
XET_HOST = "cas-server.xethub.hf.co"
