"""The process that hands alerts to Apprise lays down its rights, also under the filter of our unit."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from sensor.alerts import apprise_child
from sensor.live import seccomp


def test_what_the_process_may_do(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"old")
    program = textwrap.dedent(f"""
        import os, socket, sys
        sys.path.insert(0, {str(Path(apprise_child.__file__).parent)!r})
        import apprise_child
        apprise_child.lay_down_privileges()
        def refused(what):
            try:
                what()
            except OSError:
                return 1
            return 0
        def write():
            with open({str(tmp_path / "store.db")!r}, "ab", buffering=0) as file:
                file.write(b"new")
        print(refused(write), refused(lambda: os.execv("/bin/true", ["true"])),
              refused(lambda: socket.socket(socket.AF_UNIX)), refused(lambda: socket.socket(socket.AF_INET)))
    """)
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "1", "1", "0"]
    assert (tmp_path / "store.db").read_bytes() == b"old"


@pytest.mark.skipif(seccomp.own_machine() != "x86_64", reason="numbers of system calls of x86-64")
@pytest.mark.parametrize("lower", [True, False])
def test_the_filter_of_our_unit_is_no_hindrance(lower: bool) -> None:
    """`~@privileged @resources` refuses capset(2), setrlimit(2) and prlimit64(2) (systemd.exec(5))."""
    program = textwrap.dedent(f"""
        import ctypes, sys
        from sensor.live import child, seccomp
        sys.path.insert(0, {str(Path(apprise_child.__file__).parent)!r})
        import apprise_child
        seccomp.X86_64.update(capset=126, setrlimit=160, prlimit64=302)
        libc = ctypes.CDLL(None)
        libc.prctl(38, 1, 0, 0, 0)
        if {lower}:
            child.set_capabilities(libc, 0)
        seccomp.apply(seccomp.all_but(["capset", "setrlimit", "prlimit64"], seccomp.FAMILIES))
        try:
            apprise_child.lay_down_privileges()
        except OSError:
            print("refused")
        else:
            print("laid down")
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    # A process that has capabilities and cannot lay them down does not send.
    assert done.stdout.strip() == ("laid down" if lower or os.geteuid() else "refused")
