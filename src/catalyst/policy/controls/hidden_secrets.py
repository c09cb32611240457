"""The owner's secrets are not in any mount."""

from catalyst.policy.build import Control
from catalyst.policy.model import HiddenPaths

CONTROL = Control(
    id="hidden-secrets",
    title="the vault and its identity are in no folder the workload can see",
    why="the workload may use a token and may never read one; a vault inside a mounted folder would be readable",
    rules=lambda settings: [
        HiddenPaths(frozenset(
            path for path in (settings.security_token_vault_path, settings.vault_identity) if path.startswith("/")
        ))
    ],
)
