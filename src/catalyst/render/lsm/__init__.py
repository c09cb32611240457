"""Profiles of Linux security modules. An admin loads them; docker and podman start the sandbox under a loaded one."""
