"""Machine code of one's own: what no library would call."""

import ctypes
import mmap
import os
import signal

from catalyst.audit.inside.probe import Answer, allowed, denied, parse, unknown

GETPID_32 = bytes.fromhex("b814000000cd80c3")  # mov eax, 20; int 0x80; ret


def call_32_bit() -> Answer:
    """getpid by int 0x80 from a 64-bit program: a filter that knows one table reads the wrong call.

    In a child, since a kernel without 32-bit calls answers with SIGSEGV.
    """
    if os.uname().machine != "x86_64":
        return unknown("only x86_64 has it")
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(sending, _answer(_run(GETPID_32)).line().encode())
        finally:
            os._exit(0)
    os.close(sending)
    with os.fdopen(receiving, "rb") as pipe:
        answer = parse(pipe.read().decode())
    _, status = os.waitpid(child, 0)
    killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if killed == signal.SIGSYS:
        return denied("ended by a seccomp filter (SIGSYS)")
    if killed == signal.SIGSEGV:  # no error number exists for it; ENOSYS is how calls say the same
        return Answer("denied", "int 0x80: this kernel answers no 32-bit calls (SIGSEGV)", "ENOSYS")
    return answer or unknown(f"a child ended without a word (wait status {status})")


def _run(code: bytes) -> int:
    memory = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(code)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    result: int = ctypes.CFUNCTYPE(ctypes.c_int)(start)()
    return result


def _answer(result: int) -> Answer:
    if result == os.getpid():
        return allowed("getpid by int 0x80 was answered")
    if result < 0:
        return Answer("denied", f"int 0x80: {os.strerror(-result)}", None)
    return unknown(f"int 0x80 returned {result}")
