"""Does it hold? `inside` and `probes` run in the sandbox and attack it; `verify` runs outside and judges."""
