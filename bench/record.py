"""TLS downloads between two network namespaces into a capture: bulk ciphertext with real sizes, acknowledgements and
handshakes.

Needs root, `ip`, `ethtool`, `tcpdump` and `openssl`. Bounded by the number of megabytes; everything it makes is taken
down again.
"""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from socket import AF_INET, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, create_connection, socket
from tempfile import TemporaryDirectory

HOME, WORLD = "lwbenchhome", "lwbenchworld"
DEVICE, SERVER = "192.168.77.2", "203.0.113.7"  # RFC 5737
PORT = 443
PATIENCE = 300
"""Seconds a recording may take."""

PARALLEL = 4
MOST = 4096
"""Megabytes at most: a capture for a benchmark, not a load test."""


def can_record() -> str | None:
    """What is missing, or None."""
    if os.geteuid() != 0:
        return "recording needs root"
    missing = [tool for tool in ("ip", "ethtool", "tcpdump", "openssl") if shutil.which(tool) is None]
    return f"recording needs {', '.join(missing)}" if missing else None


def record(path: Path, megabytes: int) -> None:
    """Download ``megabytes`` in connections of 1 to 24 MB, four at a time, and write what crossed to ``path``."""
    if not 0 < megabytes <= MOST:
        raise SystemExit(f"between 1 and {MOST} megabytes can be recorded")
    with TemporaryDirectory(prefix="lanwitness-bench-") as folder:
        started: list[subprocess.Popen[bytes]] = []
        try:
            _network()
            _certificate(folder)
            started.append(_inside(WORLD, "serve", folder))
            _until(lambda: Path(folder, "ready").exists())
            listener = subprocess.Popen(
                ["ip", "netns", "exec", HOME, "tcpdump", "-i", "home0", "-B", "65536", "-U", "-n", "-Z", "root"]
                + ["-w", str(path), "ip"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            started.append(listener)
            _until(lambda: path.exists() and path.stat().st_size >= 24)
            client = _inside(HOME, "fetch", folder, str(megabytes))
            started.append(client)
            if client.wait(PATIENCE):
                raise SystemExit("the downloads failed")
            time.sleep(0.5)
            listener.send_signal(signal.SIGINT)
            listener.wait(PATIENCE)
        finally:
            for process in started:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            for name in (HOME, WORLD):
                subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)


def _inside(namespace: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["ip", "netns", "exec", namespace, sys.executable, __file__, *arguments])


def _until(true: object, seconds: float = 10) -> None:
    limit = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        if time.monotonic() > limit:
            raise SystemExit("the recording did not start")
        time.sleep(0.05)


def _network() -> None:
    """Two namespaces and a cable; without segmentation offload, so that packets are as large as on a real one."""
    for command in (
        f"ip netns add {HOME}",
        f"ip netns add {WORLD}",
        f"ip link add home0 netns {HOME} type veth peer name world0 netns {WORLD}",
        f"ip -n {HOME} addr add {DEVICE}/24 dev home0",
        f"ip -n {WORLD} addr add {SERVER}/24 dev world0",
        f"ip -n {HOME} link set home0 up",
        f"ip -n {WORLD} link set world0 up",
        f"ip -n {HOME} route add {SERVER}/32 dev home0",
        f"ip -n {WORLD} route add {DEVICE}/32 dev world0",
        f"ip netns exec {HOME} ethtool -K home0 tso off gso off gro off tx off",
        f"ip netns exec {WORLD} ethtool -K world0 tso off gso off gro off tx off",
    ):
        subprocess.run(command.split(), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _certificate(folder: str) -> None:
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=cdn.example "
        f"-keyout {folder}/key -out {folder}/certificate"
    )
    subprocess.run(command.split(), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _serve(folder: str) -> None:
    """In the one namespace: as many bytes as the first line asks for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/certificate", f"{folder}/key")
    block = os.urandom(1 << 18)

    def answer(plain: socket) -> None:
        with context.wrap_socket(plain, server_side=True) as stream:
            left = int(stream.recv(32))
            while left > 0:
                left -= stream.send(block[: min(left, len(block))])
            stream.recv(1)

    with socket(AF_INET, SOCK_STREAM) as listener:
        listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        listener.bind((SERVER, PORT))
        listener.listen()
        Path(folder, "ready").touch()
        while True:
            threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()


def _fetch(folder: str, megabytes: int) -> None:
    """In the other: connections of changing size until all is here."""
    context = ssl.create_default_context(cafile=f"{folder}/certificate")
    sizes = []
    while sum(sizes) < megabytes:
        sizes.append(min(megabytes - sum(sizes), (24, 1, 8, 3, 16)[len(sizes) % 5]))
    failed = []

    def work() -> None:
        while sizes and not failed:
            size = sizes.pop() << 20
            try:
                with context.wrap_socket(
                    create_connection((SERVER, PORT), 20), server_hostname="cdn.example"
                ) as stream:
                    stream.sendall(b"%d" % size)
                    while size > 0:
                        size -= len(stream.recv(1 << 18)) or sys.exit(1)
                    stream.sendall(b".")
            except OSError as error:
                failed.append(error)

    workers = [threading.Thread(target=work) for _ in range(PARALLEL)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failed or sizes:
        raise SystemExit(1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        _serve(sys.argv[2])
    elif sys.argv[1:2] == ["fetch"]:
        _fetch(sys.argv[2], int(sys.argv[3]))
