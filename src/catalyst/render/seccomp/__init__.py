"""One table of system calls, two forms: a BPF program for the guard, OCI JSON for docker and podman."""
