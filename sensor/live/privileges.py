"""Privileges of a live run: root is given up before the first packet is read.

capabilities(7), seccomp(2). Started through sudo the run goes on as the user who called it, or as the one that is
named; files it makes are theirs. Root that called by itself stays the owner of root's files, without any capability.
In each case no program can be started any more, and what a sensor never does is refused by a filter
(`sensor.live.seccomp`).
"""

from __future__ import annotations

import ctypes
import os
import pwd
import resource
from collections.abc import Mapping
from pathlib import Path

from sensor.live import child, seccomp


class UserError(Exception):
    """The user to go on as is not there, or could not read this program. The text is a sentence for the user."""


def user_of(named: str | None, environment: Mapping[str, str]) -> pwd.struct_passwd | None:
    """Who a run of root goes on as: the one named, else who called sudo; None for root itself. Raises UserError."""
    try:
        if named is not None:
            return pwd.getpwnam(named)
        caller = environment.get("SUDO_UID", "")
        if caller.isdecimal() and int(caller):
            return pwd.getpwuid(int(caller))
    except (KeyError, OverflowError):
        raise UserError(f"there is no user {named or environment['SUDO_UID']} to go on as") from None
    return None


def give_up_root(user: pwd.struct_passwd | None) -> bool:
    """From root to a user, or to root without capabilities, for good; whether system calls are filtered, too.

    HOME becomes the user's, so that the state folder is. Raises UserError where that user cannot read this program,
    OSError where the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    child.empty_bounding_set(libc)
    if user is not None:
        os.initgroups(user.pw_name, user.pw_gid)
        os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
        os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
        os.environ.update(HOME=user.pw_dir, USER=user.pw_name, LOGNAME=user.pw_name)
        if not os.access(Path(__file__), os.R_OK):
            raise UserError(
                f"{user.pw_name} cannot read this program ({Path(__file__).parents[2]}); --user names another"
            )
    child.set_capabilities(libc, 0)
    return seccomp.apply(seccomp.all_but(seccomp.FORBIDDEN, seccomp.FAMILIES))


def may_write(folder: Path) -> None:
    """Raises UserError where this process, which is root no more, cannot write a folder, or make it."""
    there = next(each for each in (folder, *folder.parents) if os.access(each, os.F_OK) or each == each.parent)
    if not os.access(there, os.W_OK | os.X_OK):
        name = pwd.getpwuid(os.geteuid()).pw_name
        raise UserError(f"{folder}: {name} may not write there; --user names the user who may")
