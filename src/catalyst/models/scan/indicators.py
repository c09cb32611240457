"""Texts seen in attacks on ComfyUI users, by rule. Each entry's source is in the comment beside it (threats.md)."""

from collections.abc import Mapping

INDICATORS: Mapping[str, tuple[str, ...]] = {
    "node-indicator": (
        "discord.com/api/webhooks", "discordapp.com/api/webhooks",  # LLMVISION, 2024
        "VISION-D.exe", "rundll64.exe", "Software\\OpenAICLI", "Cadmino", "Fadmino",  # the same
        "connect.consrensys.com", "ultralytics_runner",  # ultralytics 8.3.41
        "pool.supportxmr.com", "2miners.com", "xmrig", "lolminer", "stratum+tcp://", "rigel.zip",  # miners, 2024 to 2026
        "postprocesser.com", "cosmoplanets.net", "DisplayUpdater.exe",  # Upscaler-4K, 2025
        "gofile.io/uploadFile", "api.gofile.io",  # the same
        "77.110.96.200", "comfyui_perf_monitor", "libpam_cache.so", ".hy2_password",
        "fontconfig-cache.service",  # GHOST, 2026
        "sshd-update",  # srl-nodes, 2025
        "api.telegram.org/bot",
        "169.254.169.254", "fd00:ec2::254", "metadata.google.internal", "/var/run/secrets/kubernetes.io",  # NadMesh, 2026
        "/var/run/docker.sock", "release_agent",  # GHOST's ways out of a container
    ),
    "node-secrets": (
        "Login Data", "cookies.sqlite", "Local Extension Settings", "/Local State", "wallet.dat", "Exodus/exodus.wallet",
        ".ssh/id_", ".ssh/authorized_keys", ".aws/credentials", ".config/gcloud", ".kube/config", ".docker/config.json",
        ".git-credentials", ".netrc", ".cache/huggingface/token", "/etc/shadow",
    ),
    "node-persistence": (
        "/etc/ld.so.preload", "/etc/cron", "/var/spool/cron", "crontab -", "/etc/systemd/system", ".config/systemd/user",
        "/etc/init.d/", ".bashrc", ".bash_profile", "CurrentVersion\\Run", "chattr +i",
    ),
}  # fmt: skip
