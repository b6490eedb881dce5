"""The process that hands one alert to Apprise: it knows a URL and the alert's text, nothing else.

It runs by itself (``python -I apprise_child.py``). The order comes on standard input as JSON: ``urls``, and for an
alert ``title``, ``body`` and ``type``; without a body the URLs are only checked. Before Apprise is read, the process
lays down what it can: capabilities, core dumps, writing to files, starting programs, local sockets. A plugin may log
a URL with its token, so what it prints goes nowhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import json
import logging
import re
import resource
import sys
from pathlib import Path
from typing import Any

UNINSTALLED, UNKNOWN, UNSENT, OPEN = 69, 65, 75, 77
"""Exit statuses (after sysexits.h): no Apprise; a URL it does not know, whose number is on standard output; not
delivered; the kernel refused to take a right away."""

LONGEST = 1 << 20
"""Bytes of an order."""

FAMILIES = (2, 10, 16)
"""AF_INET, AF_INET6, AF_NETLINK (names of hosts): no AF_UNIX, where databases and D-Bus listen."""


def lay_down_privileges() -> None:
    """No capability, no file written, no program started. Raises OSError where the kernel refuses."""
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        with contextlib.suppress(OSError, ValueError):  # the filter of our unit may refuse it (~@resources)
            resource.setrlimit(limit, (0, 0))
    if not sys.platform.startswith("linux"):
        return
    # Read from its file: ``python -I`` has no folder of ours on its path.
    found = importlib.util.spec_from_file_location("child", Path(__file__).parents[1] / "live" / "child.py")
    if found is None or found.loader is None:
        raise OSError("child.py is missing")
    child = importlib.util.module_from_spec(found)
    found.loader.exec_module(child)
    libc = ctypes.CDLL(None, use_errno=True)
    child.empty_bounding_set(libc)
    try:
        child.set_capabilities(libc, 0)
    except OSError:
        # Our unit has no capability, forbids new ones, and refuses capset(2) (~@privileged).
        status = Path("/proc/self/status").read_text("ascii", "replace")
        if not re.search(r"^CapPrm:\s*0+$", status, re.MULTILINE) or libc.prctl(38, 1, 0, 0, 0) != 0:
            raise
    child.seccomp.apply(child.seccomp.all_but(child.seccomp.FORBIDDEN, FAMILIES))


def send(order: dict[str, Any]) -> int:
    """The exit status of an order."""
    try:
        import apprise
    except ImportError:
        return UNINSTALLED
    # No cache on the disk, no escapes or emoji codes read out of a device's name.
    asset = apprise.AppriseAsset(
        storage_mode=apprise.PersistentStoreMode.MEMORY, interpret_escapes=False, interpret_emojis=False
    )
    sender = apprise.Apprise(asset=asset)
    for number, url in enumerate(order["urls"]):
        if not sender.add(url):
            sys.stdout.write(f"{number}\n")
            return UNKNOWN
    if "body" not in order:
        return 0
    # As text: Apprise escapes it for services that take HTML.
    text = apprise.NotifyFormat.TEXT
    done = sender.notify(
        order["body"], title=order["title"], notify_type=apprise.NotifyType(order["type"]), body_format=text
    )
    return 0 if done else UNSENT


def main() -> int:
    """The program: an exit status."""
    logging.disable()
    order = json.loads(sys.stdin.buffer.read(LONGEST))
    try:
        lay_down_privileges()
    except OSError:
        return OPEN
    with contextlib.redirect_stderr(None):
        return send(order)


if __name__ == "__main__":
    sys.exit(main())
