"""Filters of system calls for the processes of a live run (seccomp with classic BPF).

Written with the standard library alone, as the capture process needs it. The capture process may only do what moving
packets takes; the sensor, which reads what strangers send, may do all but what takes over a machine. Where the
machine is not in the table no filter is set, and `apply` says so.
Numbers: linux/arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h and
arch/arm/tools/syscall.tbl (Linux 6.1).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable

CAPTURE = [
    "read", "write", "writev", "close", "fstat", "lseek", "mmap", "mprotect", "munmap", "mremap", "brk", "madvise",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "poll", "ppoll", "getsockopt", "futex",
    "clock_gettime", "clock_nanosleep", "nanosleep", "restart_syscall", "getpid", "gettid", "getrandom", "exit",
    "exit_group",
]  # fmt: skip
"""What moving packets from a ring to a pipe takes, and what the interpreter needs to end."""

CAPTURE_32 = [
    "mmap2", "fstat64", "statx", "_llseek", "clock_gettime64", "futex_time64", "ppoll_time64",
    "clock_nanosleep_time64", "sigreturn",
]  # fmt: skip
"""How the C library of a 32-bit machine does the same (64-bit offsets and times)."""

FORBIDDEN = [
    "execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "mount", "umount2",
    "move_mount", "open_tree", "fsopen", "pivot_root", "chroot", "unshare", "setns", "open_by_handle_at",
    "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "bpf", "perf_event_open",
    "userfaultfd", "keyctl", "add_key", "request_key", "io_uring_setup", "io_uring_enter", "io_uring_register",
    "personality",
]  # fmt: skip
"""What a sensor never does: start programs, look into other processes, mount, change namespaces, load code into the
kernel, and parts of the kernel that many escapes went through."""

FAMILIES = (1, 2, 10, 16)
"""Families of sockets a sensor opens (linux/socket.h): AF_UNIX, AF_INET, AF_INET6, AF_NETLINK (names of hosts)."""

X86_64 = {
    "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "mmap": 9, "mprotect": 10, "munmap": 11,
    "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "writev": 20, "mremap": 25, "madvise": 28,
    "nanosleep": 35, "getpid": 39, "socket": 41, "getsockopt": 55, "execve": 59, "exit": 60, "ptrace": 101,
    "sigaltstack": 131, "personality": 135, "pivot_root": 155, "chroot": 161, "mount": 165, "umount2": 166,
    "init_module": 175, "delete_module": 176, "gettid": 186, "futex": 202, "restart_syscall": 219,
    "clock_gettime": 228, "clock_nanosleep": 230, "exit_group": 231, "kexec_load": 246, "add_key": 248,
    "request_key": 249, "keyctl": 250, "ppoll": 271, "unshare": 272, "perf_event_open": 298, "open_by_handle_at": 304,
    "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "finit_module": 313, "getrandom": 318,
    "kexec_file_load": 320, "bpf": 321, "execveat": 322, "userfaultfd": 323, "io_uring_setup": 425,
    "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429, "fsopen": 430,
    "pidfd_getfd": 438,
}  # fmt: skip
GENERIC = {
    "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "close": 57, "lseek": 62, "read": 63, "write": 64,
    "writev": 66, "ppoll": 73, "fstat": 80, "personality": 92, "exit": 93, "exit_group": 94, "unshare": 97,
    "futex": 98, "nanosleep": 101, "kexec_load": 104, "init_module": 105, "delete_module": 106, "clock_gettime": 113,
    "clock_nanosleep": 115, "ptrace": 117, "restart_syscall": 128, "sigaltstack": 132, "rt_sigaction": 134,
    "rt_sigprocmask": 135, "rt_sigreturn": 139, "getpid": 172, "gettid": 178, "socket": 198, "getsockopt": 209,
    "brk": 214, "munmap": 215, "mremap": 216, "add_key": 217, "request_key": 218, "keyctl": 219, "execve": 221,
    "mmap": 222, "mprotect": 226, "madvise": 233, "perf_event_open": 241, "open_by_handle_at": 265, "setns": 268,
    "process_vm_readv": 270, "process_vm_writev": 271, "finit_module": 273, "getrandom": 278, "bpf": 280,
    "execveat": 281, "userfaultfd": 282, "kexec_file_load": 294, "io_uring_setup": 425, "io_uring_enter": 426,
    "io_uring_register": 427, "open_tree": 428, "move_mount": 429, "fsopen": 430, "pidfd_getfd": 438,
}  # fmt: skip

ARM = {
    "restart_syscall": 0, "exit": 1, "read": 3, "write": 4, "close": 6, "execve": 11, "lseek": 19, "getpid": 20,
    "mount": 21, "ptrace": 26, "brk": 45, "umount2": 52, "chroot": 61, "munmap": 91, "fstat": 108,
    "sigreturn": 119, "mprotect": 125, "init_module": 128, "delete_module": 129, "personality": 136,
    "_llseek": 140, "writev": 146, "nanosleep": 162, "mremap": 163, "poll": 168, "rt_sigreturn": 173,
    "rt_sigaction": 174, "rt_sigprocmask": 175, "sigaltstack": 186, "mmap2": 192, "fstat64": 197,
    "pivot_root": 218, "madvise": 220, "gettid": 224, "futex": 240, "exit_group": 248, "clock_gettime": 263,
    "clock_nanosleep": 265, "socket": 281, "getsockopt": 295, "add_key": 309, "request_key": 310, "keyctl": 311,
    "ppoll": 336, "unshare": 337, "kexec_load": 347, "perf_event_open": 364, "open_by_handle_at": 371,
    "setns": 375, "process_vm_readv": 376, "process_vm_writev": 377, "finit_module": 379, "getrandom": 384,
    "bpf": 386, "execveat": 387, "userfaultfd": 388, "statx": 397, "kexec_file_load": 401, "clock_gettime64": 403,
    "clock_nanosleep_time64": 407, "ppoll_time64": 414, "futex_time64": 422, "io_uring_setup": 425,
    "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429, "fsopen": 430,
    "pidfd_getfd": 438,
}  # fmt: skip

ARCHITECTURES = {"x86_64": (0xC000003E, X86_64), "aarch64": (0xC00000B7, GENERIC), "arm": (0x40000028, ARM)}
"""Machine (`machine`) -> its AUDIT_ARCH (linux/audit.h) and its numbers. `poll` is an old one that AArch64 lacks."""

X32 = 0x40000000
"""Bit of the numbers of a second table that 64-bit x86 kernels can have (x32)."""

ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM
"""What a filter returns (linux/seccomp.h): go on; end the process; the call fails with EPERM."""

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
"""linux/bpf_common.h: load a word, jump if equal, jump if greater or equal, return."""


def apply(program: bytes | None) -> bool:
    """Set a filter for this process for good (all threads started from now on). False: there is none for this machine.

    PR_SET_NO_NEW_PRIVS must be set. Raises OSError where the kernel refuses.
    """
    if program is None:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    code = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: the number of instructions, then (aligned) where they are. 22, 2: PR_SET_SECCOMP with a filter.
    described = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    if libc.prctl(22, 2, described, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the filter of system calls cannot be set")
    return True


def own_machine() -> str:
    """The machine whose numbers this process uses: a 32-bit one under a 64-bit kernel is not what the kernel says."""
    name, is_32 = os.uname().machine, struct.calcsize("P") == 4
    if is_32 and name.startswith(("arm", "aarch64")):
        return "arm"
    return "" if is_32 else name


def only(calls: Iterable[str], machine: str = "") -> bytes | None:
    """A filter that lets these calls through and no other: the others fail with EPERM."""
    found = ARCHITECTURES.get(machine or own_machine())
    if found is None:
        return None
    numbers = [found[1][name] for name in calls if name in found[1]]
    return b"".join((*_architecture(found[0]), *_each(numbers, ALLOW), _instruction(_RETURN, REFUSE)))


def all_but(calls: Iterable[str], families: Iterable[int], machine: str = "") -> bytes | None:
    """A filter under which these calls fail with EPERM, and sockets of other families than these."""
    found = ARCHITECTURES.get(machine or own_machine())
    if found is None:
        return None
    numbers = [found[1][name] for name in calls if name in found[1]]
    known = list(families)
    sockets = [
        _instruction(_EQUAL, found[1]["socket"], 0, 2 * len(known) + 2),
        _instruction(_LOAD, 16),  # struct seccomp_data: the low word of the first argument
        *_each(known, ALLOW),
        _instruction(_RETURN, REFUSE),
    ]
    return b"".join((*_architecture(found[0]), *_each(numbers, REFUSE), *sockets, _instruction(_RETURN, ALLOW)))


def _architecture(expected: int) -> list[bytes]:
    """Calls by another machine's numbers end the process; then the number is loaded."""
    return [
        _instruction(_LOAD, 4),
        _instruction(_EQUAL, expected, 1, 0),
        _instruction(_RETURN, KILL),
        _instruction(_LOAD, 0),
        _instruction(_AT_LEAST, X32, 0, 1),
        _instruction(_RETURN, REFUSE),
    ]


def _each(values: Iterable[int], result: int) -> list[bytes]:
    pairs = ((_instruction(_EQUAL, value, 0, 1), _instruction(_RETURN, result)) for value in values)
    return [one for pair in pairs for one in pair]


def _instruction(code: int, value: int, true: int = 0, false: int = 0) -> bytes:
    """struct sock_filter (linux/filter.h)."""
    return struct.pack("=HBBI", code, true, false, value)
