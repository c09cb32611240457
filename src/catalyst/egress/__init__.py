"""The language of egress: hosts, addresses, rules, and the list that holds from the start. Pure: no socket, no clock."""
