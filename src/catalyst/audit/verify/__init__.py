"""`catalyst verify`: attack a sandbox made as `up` makes it, judge what happened, and find out who stopped it."""
