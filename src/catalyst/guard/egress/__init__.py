"""Supervised sockets: the workload's TCP sockets are made by the guard, which keeps a hold on each and connects it itself.

On socket(2) the guard makes the socket, binds it to the loopback device, which an unprivileged process cannot undo
(SO_BINDTODEVICE, socket(7), Linux 5.7), and hands a copy of the descriptor over (SECCOMP_ADDFD_FLAG_SEND, Linux 5.14).
Both are the same open file, so options, bind(2), epoll(7) registrations and dup(2)s made before connect(2) hold, and
no race on a descriptor number or on an address in memory leads off loopback.

On connect(2) the address is copied once and judged (address.py). Loopback is connected at once; anything else is asked of
the broker (dial.py), and then the workload's socket is joined to one of the guard's (meeting.py), whose other side is
carried to the broker by a process of its own (carrier.py).
"""
