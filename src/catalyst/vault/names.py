"""What a vault and its identity are called by who names or mounts them. Apart, because it is read at every start."""

SETTING, IDENTITY_SETTING = "SECURITY_TOKEN_VAULT_PATH", "CATALYST_VAULT_IDENTITY"
CREDENTIAL = "catalyst-vault-identity"  # for systemd, Docker and Kubernetes
MOUNTED = "catalyst-vault"  # the vault itself, where it is mounted beside it
SECRETS = "/run/secrets"
