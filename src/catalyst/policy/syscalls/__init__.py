"""System calls as data: numbers, tiers, conditions on arguments. Rendered by `render/seccomp/`."""
