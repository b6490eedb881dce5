"""The private file of an enrolled sensor: its certificate, its id and the fingerprint key."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import asdict, fields
from pathlib import Path
from urllib.parse import quote

from sensor.config import Config
from sensor.files import private_open, write_atomic
from sensor.light_dataclass import dataclass
from sensor.vault import KEY_BYTES

FORM = 1
"""The form of the file; a later one has another number."""

LARGEST = 65_536
"""Bytes of such a file: three certificates or keys and some words."""


@dataclass(frozen=True, slots=True)
class SensorBundle:
    """``sensor``: its id; ``url`` of the hub's database without files; ``fingerprint_key`` in hex; the rest is PEM.
    ``authority``: the certificate of the hub's authority."""

    name: str
    sensor: str
    url: str
    fingerprint_key: str
    certificate: str
    key: str
    authority: str


def write_bundle(descriptor: int, bundle: SensorBundle) -> None:
    """Into a new file (`new_bundle`), and close it. OSError."""
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump({"lanwitness_bundle": FORM, **asdict(bundle)}, file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def new_bundle(path: Path) -> int:
    """A new file of mode 0600; one that is there is left alone. OSError."""
    return private_open(path, os.O_WRONLY | os.O_EXCL)


def read_bundle(path: Path) -> SensorBundle:
    """OSError; ValueError with a sentence for what is no such file."""
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    refusal = ValueError(f"{path} is not a file that `lanwitness hub enrol` writes")
    try:
        found = json.loads(data.decode("ascii")) if len(data) <= LARGEST else None
        names = [one.name for one in fields(SensorBundle)]
        if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in names):
            raise refusal
        if found.get("lanwitness_bundle") != FORM:
            raise ValueError(f"{path} is of another version of LANwitness; enrol the sensor with this one")
        bundle = SensorBundle(**{name: found[name] for name in names})
        if uuid.UUID(bundle.sensor).version is None or len(bytes.fromhex(bundle.fingerprint_key)) != KEY_BYTES:
            raise refusal
    except (UnicodeDecodeError, RecursionError, json.JSONDecodeError):
        raise refusal from None
    return bundle


def join(bundle: SensorBundle, config: Config) -> str:
    """Put it into the state folder, as the sensor's identity, key and certificate; the URL of its store. OSError."""
    folder = config.state / "hub"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = {"sslrootcert": "ca.crt", "sslcert": "sensor.crt", "sslkey": "sensor.key"}
    texts = {"sslrootcert": bundle.authority, "sslcert": bundle.certificate, "sslkey": bundle.key}
    for option, name in files.items():
        write_atomic(folder / name, texts[option].encode())
    write_atomic(config.key_file, bytes.fromhex(bundle.fingerprint_key))
    write_atomic(config.sensor_file, f"{uuid.UUID(bundle.sensor)}\n".encode())
    if os.geteuid() == 0:
        # The service that reads them has a user of its own, whose folder this is.
        owner = config.state.stat()
        for path in (folder, *(folder / name for name in files.values()), config.key_file, config.sensor_file):
            os.chown(path, owner.st_uid, owner.st_gid)
    return with_files(bundle.url, {option: folder / name for option, name in files.items()})


def with_files(url: str, files: dict[str, Path]) -> str:
    """The URL of a database whose server must show a certificate for its name, and is shown ours."""
    options = "&".join(f"{option}={quote(str(path.absolute()), safe='/')}" for option, path in files.items())
    return f"{url}?sslmode=verify-full&{options}"
