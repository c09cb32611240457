"""Settings of the kernel."""


from catalyst.audit.facts import Host
from catalyst.audit.model import At, Check, Outcome, Unknown, judge, known
from catalyst.severity import Severity

# name: values that are fine, and what another one means.
WANTED = {
    "kernel.randomize_va_space": ({"2"}, "addresses can be guessed"),
    "kernel.kptr_restrict": ({"1", "2"}, "addresses of the kernel are shown to everybody"),
    "kernel.dmesg_restrict": ({"1"}, "everybody reads the kernel's messages"),
    "kernel.unprivileged_bpf_disabled": ({"1", "2"}, "everybody loads programs into the kernel"),
    "fs.protected_symlinks": ({"1"}, "links in /tmp lead programs of root astray"),
    "fs.protected_hardlinks": ({"1"}, "links to files of root can be made"),
    "fs.suid_dumpable": ({"0", "2"}, "setuid programs leave their memory behind"),
    "kernel.yama.ptrace_scope": ({"1"},
                                 "0: a user's processes read one another; 2 and 3: supervised sockets do not work"),
}


def _test(facts: Host) -> Outcome:
    given = known(facts.settings, "the kernel's settings are not known")
    present = {name: given[name] for name in WANTED if name in given}
    if not present:
        return Unknown("the kernel shows none of its settings")
    return judge((At(f"{name} = {value[:40]}: {WANTED[name][1]}") for name, value in present.items()
                  if value not in WANTED[name][0]), f"{len(present)} settings")  # fmt: skip


CHECK = Check(
    id="host-kernel-settings",
    control="host",
    severity=Severity.LOW,
    title="the kernel's settings make attacks harder",
    why="The first step of most attacks on the kernel is to learn an address or to reach a part that nobody needs.",
    fix={"": "sudo sysctl -w NAME=VALUE, and the same in /etc/sysctl.d/90-catalyst.conf"},
    references=("KSPP", "linPEAS"),
    about=Host,
    language="host",
    good=("settings kernel.randomize_va_space = 2\nsettings kernel.kptr_restrict = 1",),
    bad=("settings kernel.randomize_va_space = 0", "settings kernel.dmesg_restrict = 0", "settings fs.suid_dumpable = 1"),
    test=_test,
)
