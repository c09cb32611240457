"""enter.py MODULE NAME UID COMMAND...: become UID with no_new_privs and run COMMAND under a profile, as runc does it.

MODULE is apparmor, selinux or none. Prints `@@ LABEL {...}` is the command's business.
"""

import ctypes
import os
import sys

PR_SET_NO_NEW_PRIVS = 38
FILES = {"apparmor": ("/proc/self/attr/apparmor/exec", "exec {}"), "selinux": ("/proc/self/attr/exec", "{}")}

module, name, uid, *command = sys.argv[1:]
if module in FILES:
    path, words = FILES[module]
    with open(path, "w") as attribute:
        attribute.write(words.format(name))
if int(uid):
    os.setgroups([])
    os.setresgid(int(uid), int(uid), int(uid))
    os.setresuid(int(uid), int(uid), int(uid))
assert ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
os.execv(command[0], command)
