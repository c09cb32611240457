"""One file per probe: one step of an attacker, and who is to stop it."""
