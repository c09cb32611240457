/* Time system calls for bench/seccomp.py: for each line with a count on stdin, one line of "name nanoseconds" pairs.

   seccomp [FILTER]: FILTER is a file of struct sock_filter, installed as the guard installs it (prctl(2)).
   A call that is refused with EPERM is "name -": the time of a refusal would pass for the time of the call. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static int null, epoll;
static void *page;
static unsigned word;
static struct timespec now;
static struct epoll_event event;
static struct msghdr message;
static char byte;

#define CALL(name, expression) \
    static long time_##name(long count) \
    { \
        long last = 0; \
        while (count-- > 0) \
            last = (expression); \
        return last; \
    }

/* With and without arguments that a filter looks at. Those below the line are looked at by ours or by Docker's, and all
   are chosen to pass every filter and to end early in the kernel (EBADF, EINVAL) where a real one would be slow. */
CALL(read, syscall(SYS_read, null, &byte, 1))
CALL(write, syscall(SYS_write, null, &byte, 1))
CALL(lseek, syscall(SYS_lseek, null, 0, SEEK_SET))
CALL(futex, syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0))
CALL(mmap_munmap, syscall(SYS_munmap, syscall(SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096))
CALL(mprotect, syscall(SYS_mprotect, page, 4096, PROT_READ | PROT_WRITE))
CALL(madvise, syscall(SYS_madvise, page, 4096, MADV_DONTNEED))
CALL(clock_gettime, syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now))
CALL(epoll_wait, syscall(SYS_epoll_pwait, epoll, &event, 1, 0, 0, 0))
CALL(getpid, syscall(SYS_getpid))
CALL(getppid, syscall(SYS_getppid))
CALL(sched_yield, syscall(SYS_sched_yield))
CALL(openat_close, syscall(SYS_close, syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC, 0)))
CALL(recvmsg, syscall(SYS_recvmsg, -1, &message, 0))
/* ---- */
CALL(socket_close, syscall(SYS_close, syscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)))
CALL(sendto, syscall(SYS_sendto, -1, &byte, 1, MSG_NOSIGNAL, 0, 0))
CALL(sendmsg, syscall(SYS_sendmsg, -1, &message, MSG_NOSIGNAL))
CALL(clone, syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0)) /* EINVAL: without CLONE_SIGHAND */
CALL(ioctl, syscall(SYS_ioctl, -1, TIOCGWINSZ, 0))
CALL(prctl, syscall(SYS_prctl, PR_GET_DUMPABLE, 0, 0, 0, 0))

#define ENTRY(name) {#name, time_##name}
static const struct { const char *name; long (*run)(long); } calls[] = {
    ENTRY(read), ENTRY(write), ENTRY(lseek), ENTRY(futex), ENTRY(mmap_munmap), ENTRY(mprotect), ENTRY(madvise),
    ENTRY(clock_gettime), ENTRY(epoll_wait), ENTRY(getpid), ENTRY(getppid), ENTRY(sched_yield), ENTRY(openat_close),
    ENTRY(recvmsg), ENTRY(socket_close), ENTRY(sendto), ENTRY(sendmsg), ENTRY(clone), ENTRY(ioctl), ENTRY(prctl),
};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void install(const char *path)
{
    static struct sock_filter code[4096];
    struct sock_fprog program = {.filter = code};
    FILE *file = fopen(path, "rb");
    if (!file)
        fail(path);
    program.len = fread(code, sizeof *code, 4096, file);
    fclose(file);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        fail("prctl(PR_SET_SECCOMP)");
}

static void pin(void)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_setaffinity(0, sizeof one, &one); /* where it may not, the figures are a little less steady */
}

static double nanoseconds(long (*run)(long), long count)
{
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    run(count);
    clock_gettime(CLOCK_MONOTONIC, &end);
    return ((end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec)) / count;
}

int main(int argc, char **argv)
{
    long count;
    pin();
    null = open("/dev/null", O_RDWR);
    epoll = epoll_create1(0);
    page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (null < 0 || epoll < 0 || page == MAP_FAILED)
        fail("set-up");
    if (argc > 1)
        install(argv[1]);
    while (scanf("%ld", &count) == 1) {
        for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
            errno = 0;
            calls[i].run(count / 10 + 1); /* caches warm */
            if (errno == EPERM)
                printf("%s - ", calls[i].name);
            else
                printf("%s %.2f ", calls[i].name, nanoseconds(calls[i].run, count));
        }
        printf("\n");
        fflush(stdout);
    }
    return 0;
}
