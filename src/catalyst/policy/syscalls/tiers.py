"""Which system calls each tier allows, and why each family is refused.

Tier NORMAL is Docker's default of 2026-06 (moby/profiles seccomp v0.2.3, amd64, no capabilities) less kernel attack
surface that nothing here uses; each further tier takes families away. All three ran torch with workers, git, node, pip
and ffmpeg (knowledge: confinement.md §1.5, §1.6). What is not named is refused.
"""

from functools import cache

from catalyst.guard.record import Record
from catalyst.policy.model import Tier


class Family(Record):
    """Calls that leave the list together, and the reason."""

    names: str
    reason: str


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


DOCKER = _names("""
_llseek _newselect accept accept4 access adjtimex alarm arch_prctl bind brk cachestat capget capset chdir chmod
chown chown32 clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
clock_nanosleep clock_nanosleep_time64 clone close close_range connect copy_file_range creat dup dup2 dup3
epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd
eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark fchdir
fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fork
fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_requeue
futex_time64 futex_wait futex_waitv futex_wake futimesat get_robust_list get_thread_area getcpu getcwd getdents
getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid
getpgrp getpid getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit getrusage getsid
getsockname getsockopt gettid gettimeofday getuid getuid32 getxattr getxattrat inotify_add_watch inotify_init
inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup
io_submit ioctl ioprio_get ioprio_set ipc kill landlock_add_rule landlock_create_ruleset landlock_restrict_self
lchown lchown32 lgetxattr link linkat listen listmount listxattr listxattrat llistxattr lremovexattr lseek lsetxattr
lstat lstat64 madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat
mlock mlock2 mlockall mmap mmap2 modify_ldt mprotect mq_getsetattr mq_notify mq_open mq_timedreceive
mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget msgrcv msgsnd msync
munlock munlockall munmap name_to_handle_at nanosleep newfstatat open openat openat2 pause personality pidfd_open
pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2
prlimit64 process_mrelease process_vm_readv process_vm_writev pselect6 pselect6_time64 ptrace pwrite64 pwritev
pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg recvmmsg_time64 recvmsg remap_file_pages
removexattr removexattrat rename renameat renameat2 restart_syscall riscv_hwprobe rmdir rseq rt_sigaction
rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64
rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam
sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop semtimedop_time64 send sendfile
sendfile64 sendmmsg sendmsg sendto set_robust_list set_thread_area set_tid_address setfsgid setfsgid32 setfsuid
setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setpgid setpriority setregid setregid32 setresgid
setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit setsid setsockopt setuid setuid32 setxattr
setxattrat shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 sigprocmask sigreturn socket socketcall
socketpair splice stat stat64 statfs statfs64 statmount statx symlink symlinkat sync sync_file_range syncfs sysinfo
tee tgkill time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime
timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill
truncate truncate64 ugetrlimit umask uname unlink unlinkat uretprobe utime utimensat utimensat_time64 utimes vfork
vmsplice wait4 waitid waitpid write writev
""")

REMOVED: dict[Tier, tuple[Family, ...]] = {
    Tier.NORMAL: (
        Family("process_vm_readv process_vm_writev ptrace",
               "reads and writes other processes of the same uid; only debuggers need it (opt_in.debug)"),
        Family("name_to_handle_at",
               "half of the open_by_handle_at pair; no workload call seen"),
        Family("vmsplice",
               "maps user pages into pipes (CVE-2008-0600); Podman, Firejail and gVisor refuse it too"),
        Family("modify_ldt",
               "16-bit segments, only old emulators need it"),
        Family("remap_file_pages",
               "deprecated, emulated by the kernel"),
        Family("memfd_secret",
               "memory that a scanner outside cannot read"),
        Family("fanotify_mark",
               "useless without fanotify_init, which is refused"),
        Family("listmount statmount",
               "mount tables of the container; /proc/self/mountinfo remains"),
        Family("adjtimex clock_adjtime clock_adjtime64",
               "clock discipline, needs CAP_SYS_TIME to do anything"),
        Family("epoll_ctl_old epoll_wait_old",
               "never implemented on x86_64"),
        Family("ipc socketcall",
               "32-bit multiplexers: a filter cannot see the arguments behind them; not native"),
    ),
    Tier.HIGH: (
        Family("io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit",
               "kernel AIO, used by databases, not by this workload"),
        Family("mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
           "mq_timedsend_time64 mq_unlink",
               "POSIX queues; torch and multiprocessing use shared memory and futexes"),
        Family("msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64",
               "System V queues and semaphores, same reason"),
        Family("capset setfsgid setfsgid32 setfsuid setfsuid32",
               "identity is final once the guard has run"),
        Family("rt_sigqueueinfo rt_tgsigqueueinfo",
               "signals with forged sender data"),
        Family("get_robust_list process_mrelease",
               "act on other processes"),
        Family("mlockall munlockall",
               "locks all memory; mlock and mlock2 stay for pinned loaders"),
        Family("ioprio_get ioprio_set syncfs",
               "scheduling and flushing that touch the host"),
    ),
    Tier.MAXIMUM: (
        Family("splice tee",
               "page-cache tricks: Copy Fail (CVE-2026-31431) was AF_ALG plus splice"),
        Family("chown chown32 fchown fchown32 fchownat lchown lchown32",
               "no effect for uid 1000 without capabilities; pip, git and cp go on after EPERM"),
        Family("setgid setgid32 setgroups setgroups32 setregid setregid32 setresgid setresgid32 setresuid "
           "setresuid32 setreuid setreuid32 setuid setuid32",
               "identity is final"),
        Family("fremovexattr fsetxattr lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat",
               "file capabilities, labels and ACLs are not the workload's to write"),
        Family("landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp",
               "the guard has installed what it wants; prctl(PR_SET_SECCOMP) stays reachable unless own BPF refuses it"),
        Family("execveat",
               "runs a program from a descriptor; execve of /proc/self/fd/N does the same, and Landlock stops neither "
               "for a memfd (confinement.md 2.2)"),
        Family("mknod mknodat",
               "device nodes; also ends mkfifo(3)"),
        Family("shmat shmctl shmdt shmget",
               "System V shared memory; POSIX shared memory stays"),
        Family("sched_setattr sched_setparam sched_setscheduler",
               "priorities; callers tolerate EPERM"),
        Family("cachestat map_shadow_stack personality pidfd_send_signal sync",
               "no workload call seen"),
    ),
}  # fmt: skip

# In no tier, whatever capabilities a container is given: each has been a way to the kernel or to the host.
NEVER = _names("""
acct add_key bpf chroot clock_settime clock_settime64 delete_module fanotify_init finit_module fsconfig fsmount
fsopen fspick init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load
kexec_load keyctl lookup_dcookie lsm_get_self_attr lsm_list_modules lsm_set_self_attr migrate_pages mount
mount_setattr move_mount move_pages open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root
process_madvise quotactl quotactl_fd reboot request_key setdomainname sethostname setns settimeofday stime
swapoff swapon sysfs syslog umount umount2 unshare uselib userfaultfd ustat vhangup
""")

# What the guard and its doorman need on top before the workload's own filter is installed: changing the user, emptying
# capability sets, splicing the way in, restricting itself further.
GUARD = _names("""
capset landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp setgid setgroups setresgid setresuid
setuid splice tee
""")


@cache
def allowed(tier: Tier) -> frozenset[str]:
    """Names that `tier` allows, some of them only with certain arguments (arguments.py)."""
    removed = {name for level in Tier if level <= tier for family in REMOVED[level] for name in family.names.split()}
    return DOCKER - removed - NEVER
