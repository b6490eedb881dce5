"""Filters of system calls: their numbers, what they let through, and a process under one."""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import platform
import re
import struct
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from sensor.live import seccomp

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize("machine", sorted(HEADERS))
def test_numbers_are_those_of_the_headers_of_linux(machine: str) -> None:
    header = HEADERS[machine]
    if not header.exists():
        pytest.skip(f"{header} is not installed")
    found = {
        name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text())
    }
    numbers = seccomp.ARCHITECTURES[machine][1]
    assert numbers == {name: found[name] for name in numbers}
    # None of the names is left out by a slip: `poll` alone is of x86-64 only.
    missing = {*seccomp.CAPTURE, *seccomp.FORBIDDEN} - set(numbers)
    assert missing == (set() if machine == "x86_64" else {"poll"})


@pytest.mark.parametrize("machine", sorted(seccomp.ARCHITECTURES))
def test_numbers_are_those_of_libseccomp(machine: str) -> None:
    name = ctypes.util.find_library("seccomp")
    if name is None:
        pytest.skip("libseccomp is not installed")
    number_of = ctypes.CDLL(name).seccomp_syscall_resolve_name_arch
    number_of.argtypes = (ctypes.c_uint32, ctypes.c_char_p)
    architecture, numbers = seccomp.ARCHITECTURES[machine]
    assert numbers == {each: number_of(architecture, each.encode()) for each in numbers}
    wanted = {*seccomp.CAPTURE, *seccomp.FORBIDDEN, *(seccomp.CAPTURE_32 if machine == "arm" else ())}
    # `mmap` has a number that ARM's newer interface lacks.
    assert wanted - set(numbers) == {"arm": {"mmap"}, "aarch64": {"poll"}, "x86_64": set()}[machine]


@pytest.mark.parametrize(
    ("kernel", "pointer", "machine"),
    [
        ("x86_64", 8, "x86_64"),
        ("aarch64", 8, "aarch64"),
        ("aarch64", 4, "arm"),  # a 32-bit Raspberry Pi OS under its 64-bit kernel: AArch64's filter would end it
        ("armv7l", 4, "arm"),
        ("armv6l", 4, "arm"),
        ("x86_64", 4, ""),
    ],
)
def test_the_machine_is_the_process(kernel: str, pointer: int, machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp.os, "uname", lambda: SimpleNamespace(machine=kernel))
    monkeypatch.setattr(seccomp.struct, "calcsize", lambda _: pointer)
    assert seccomp.own_machine() == machine


def test_a_machine_that_is_not_known_has_no_filter() -> None:
    assert seccomp.only(["read"], "pdp11") is None and seccomp.all_but(["read"], [1], "pdp11") is None
    assert seccomp.apply(None) is False


def run(program: bytes, call: int, *arguments: int, machine: str = "x86_64") -> int:
    """What a filter returns for a call: an interpreter of the instructions that it uses (classic BPF)."""
    low = [argument & 0xFFFFFFFF for argument in arguments] or [0]
    data = {0: call, 4: seccomp.ARCHITECTURES[machine][0], 16: low[0]}
    instructions = list(struct.iter_unpack("=HBBI", program))
    at, word = 0, 0
    while True:
        code, true, false, value = instructions[at]
        at += 1
        if code == 0x20:
            word = data[value]
        elif code == 0x15:
            at += true if word == value else false
        elif code == 0x35:
            at += true if word >= value else false
        else:
            assert code == 0x06
            return int(value)


@pytest.mark.parametrize("machine", sorted(seccomp.ARCHITECTURES))
def test_a_filter_lets_through_what_it_names_and_nothing_else(machine: str) -> None:
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.EPERM  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO
    numbers = seccomp.ARCHITECTURES[machine][1]
    calls = seccomp.CAPTURE + seccomp.CAPTURE_32
    capture = seccomp.only(calls, machine)
    sensor = seccomp.all_but(seccomp.FORBIDDEN, seccomp.FAMILIES, machine)
    assert capture is not None and sensor is not None
    allowed = {number for name, number in numbers.items() if name in calls}
    forbidden = {number for name, number in numbers.items() if name in seccomp.FORBIDDEN}
    for call in range(600):
        assert run(capture, call, machine=machine) == (allow if call in allowed else refuse)
        if call != numbers["socket"]:
            assert run(sensor, call, machine=machine) == (refuse if call in forbidden else allow)
    for family in range(64):
        expected = allow if family in (1, 2, 10, 16) else refuse
        assert run(sensor, numbers["socket"], family, machine=machine) == expected
    # Another machine's numbers end the process; those of x32 are refused.
    other = next(name for name in seccomp.ARCHITECTURES if name != machine)
    assert run(capture, numbers["read"], machine=other) == 0x80000000
    assert run(capture, 0x40000000 | numbers["read"], machine=machine) == refuse


@pytest.mark.skipif(platform.machine() not in seccomp.ARCHITECTURES, reason="no filter for this machine")
def test_a_sensor_under_its_filter_starts_no_program_and_opens_no_packet_socket() -> None:
    code = (
        "import ctypes, os, socket\n"
        "from sensor.live import seccomp\n"
        "ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)\n"
        "assert seccomp.apply(seccomp.all_but(seccomp.FORBIDDEN, seccomp.FAMILIES))\n"
        "socket.socket().close(); socket.getaddrinfo('127.0.0.1', 80)\n"
        "for each in (lambda: os.execv('/bin/true', ['true']), lambda: socket.socket(17, socket.SOCK_RAW)):\n"
        "    try: each()\n"
        "    except PermissionError: print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("refused\nrefused\n", "")
