"""Turns an order on standard input (JSON: argv, steps, pace, seconds, raw) into a program typed at on a terminal of its
own.
"""

import json
import os
import pty
import select
import sys
import time


def main() -> None:
    """For each [wait, type] of `steps`: waits until the screen shows `wait`, types `type`, key by key where `pace` is
    above 0.
    """
    order = json.load(sys.stdin)
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(order["argv"][0], order["argv"])
    end = time.monotonic() + order["seconds"]
    shown, seen = bytearray(), 0

    def listen(seconds: float) -> bool:
        ready, _, _ = select.select([terminal], [], [], max(0.0, seconds))
        if not ready:
            return True
        try:
            heard = os.read(terminal, 4096)
        except OSError:
            return False
        shown.extend(heard)
        return bool(heard)

    for wait, keys in order["steps"]:
        while wait.encode() not in shown[seen:]:
            if time.monotonic() > end or not listen(0.2):
                sys.exit(f"never saw {wait!r} in {bytes(shown)!r}")
        seen = shown.index(wait.encode(), seen) + len(wait.encode())
        time.sleep(0.2)
        typed = keys.encode("latin-1" if order["raw"] else "utf-8")
        if order["pace"]:
            for key in typed:
                os.write(terminal, bytes([key]))
                listen(0)
                time.sleep(order["pace"])
        else:
            os.write(terminal, typed)
    while time.monotonic() < end and listen(0.2):
        if os.waitpid(child, os.WNOHANG)[0]:
            listen(0.1)
            break
    sys.stdout.buffer.write(shown)


main()
