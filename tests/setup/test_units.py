"""systemd's units.

Taken by systemd-analyze without a word, exposed at most 3.0 each, and nothing in a path that could break out.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sensor.setup.units import Places, escaped, folders_of, sysusers, units
from tests.programs import needed

PLACES = Places((sys.executable, "-P", "-m", "sensor"), sys.executable, __file__, "/etc/lanwitness/lanwitness.toml")
NAMES = [
    "lanwitness-capture.socket",
    "lanwitness-capture@.service",
    "lanwitness-link@.service",
    "lanwitness-serve.service",
    "lanwitness-watch.service",
]
FORMS = [(False, False), (True, True)]


def analyzed(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([needed("systemd-analyze", "systemd"), *arguments], capture_output=True, text=True)


@pytest.fixture(params=FORMS, ids=["this machine alone", "to others"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    outside, beyond = request.param
    for name, text in units(PLACES, ["eth1", "eth0.10"], outside=outside, beyond=beyond).items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_all_are_there(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_systemd_has_nothing_to_say(folder: Path, name: str) -> None:
    found = analyzed("verify", str(folder / name.replace("@.", "@eth1.")) if "@" in name else str(folder / name))
    # Another unit of this machine may have a fault of its own.
    ours = [line for line in found.stderr.splitlines() if str(folder) in line or "lanwitness" in line]
    assert ours == [] and found.returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_each_is_exposed_at_most_3(folder: Path, name: str) -> None:
    found = analyzed("security", "--offline=true", "--no-pager", "--threshold=30", str(folder / name))
    exposed = re.search(r"Overall exposure level for \S+: ([0-9.]+)", found.stdout)
    assert exposed is not None, found.stdout + found.stderr
    assert float(exposed[1]) <= 3.0 and found.returncode == 0


def values(text: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


def test_only_who_listens_holds_the_capability_and_holds_no_other(folder: Path) -> None:
    held = {name: values((folder / name).read_text("utf-8"), "CapabilityBoundingSet") for name in NAMES}
    assert held == {
        "lanwitness-capture.socket": [""],
        "lanwitness-capture@.service": ["CAP_NET_RAW"],
        "lanwitness-link@.service": ["CAP_NET_ADMIN"],
        "lanwitness-serve.service": [""],
        "lanwitness-watch.service": [""],
    }
    for name in NAMES:
        assert values((folder / name).read_text("utf-8"), "NoNewPrivileges") == ["yes"]


def test_who_listens_has_no_network_no_file_and_no_user_of_the_machine(folder: Path) -> None:
    text = (folder / "lanwitness-capture@.service").read_text("utf-8")
    assert values(text, "DynamicUser") == ["yes"] and values(text, "IPAddressDeny") == ["any"]
    assert values(text, "RestrictAddressFamilies") == ["AF_PACKET AF_UNIX"]
    assert values(text, "StandardInput") == values(text, "StandardOutput") == ["socket"]
    assert not values(text, "StateDirectory") and not values(text, "ReadWritePaths")


def test_the_socket_is_for_the_sensor_alone(folder: Path) -> None:
    text = (folder / "lanwitness-capture.socket").read_text("utf-8")
    assert values(text, "SocketUser") == ["lanwitness"] and values(text, "SocketMode") == ["0600"]


def test_what_runs_for_good_leaves_a_small_machine_its_memory(folder: Path) -> None:
    """A Raspberry Pi with 1 GB: all limits together leave it 96 MB, with one capture process."""
    most = {}
    for name in NAMES:
        text = (folder / name).read_text("utf-8")
        if limits := values(text, "MemoryMax"):
            most[name] = int(limits[0].removesuffix("M"))
            assert all(int(high.removesuffix("M")) < most[name] for high in values(text, "MemoryHigh"))
    assert set(most) == {"lanwitness-capture@.service", "lanwitness-serve.service", "lanwitness-watch.service"}
    assert sum(most.values()) <= 928
    for name in ("lanwitness-serve.service", "lanwitness-watch.service"):
        assert values((folder / name).read_text("utf-8"), "MemorySwapMax") == ["0"]


def test_without_alerts_to_others_nothing_can_leave_the_machine() -> None:
    """It never calls home, and systemd would not let it."""
    for outside in (False, True):
        text = units(PLACES, ["eth1"], outside=outside, beyond=False)["lanwitness-watch.service"]
        assert values(text, "IPAddressDeny") == ([] if outside else ["any"])
        assert values(text, "IPAddressAllow") == ([] if outside else ["localhost"])


def test_the_journal_gets_no_names_of_devices() -> None:
    """docs/output.md, "What may stand where": in a log a device is its id alone."""
    text = units(PLACES, ["eth1"], outside=False, beyond=False)["lanwitness-watch.service"]
    assert values(text, "StandardOutput") == ["null"] and not values(text, "StandardError")


def test_the_dashboard_answers_homes_only() -> None:
    for beyond in (False, True):
        text = units(PLACES, [], outside=False, beyond=beyond)["lanwitness-serve.service"]
        assert values(text, "IPAddressDeny") == ["any"]
        [allowed] = values(text, "IPAddressAllow")
        assert ("192.168.0.0/16" in allowed) is beyond and "0.0.0.0/0" not in allowed


def test_a_capture_from_a_folder_needs_no_link() -> None:
    found = units(PLACES, [], outside=False, beyond=False)
    assert "lanwitness-link@.service" not in found and "link@" not in found["lanwitness-watch.service"]


def test_a_program_in_a_home_is_seen_and_nothing_else_there() -> None:
    places = Places(
        ("/home/anna/venv/bin/lanwitness",),
        "/home/anna/venv/bin/python",
        "/home/anna/venv/child.py",
        "/etc/x",
        read=("/home/anna/venv", "/usr"),
    )
    for name, text in units(places, [], outside=False, beyond=False).items():
        if name.endswith(".service"):
            assert values(text, "ProtectHome") == ["tmpfs"] and values(text, "BindReadOnlyPaths") == ["/home/anna/venv"]


def test_folders_beside_the_state_folder_can_be_written() -> None:
    places = Places(
        ("/usr/bin/lanwitness",), "/usr/bin/python3", "/usr/child.py", "/etc/x", state="/data/state", write=("/data",)
    )
    found = units(places, [], outside=False, beyond=False)
    for name in ("lanwitness-watch.service", "lanwitness-serve.service"):
        assert values(found[name], "ReadWritePaths") == ["/data"]
        assert values(found[name], "Environment") == ["LANWITNESS_STATE=/data/state"]


@pytest.mark.parametrize("path", ["/opt/my folder/lw.toml", "/opt/50%/$HOME", '/opt/a"b', "/opt/a\\b", "/opt/a;b'c"])
def test_a_path_is_one_word_and_no_specifier(tmp_path: Path, path: str) -> None:
    places = Places((sys.executable,), sys.executable, __file__, path)
    text = units(places, [], outside=False, beyond=False)["lanwitness-serve.service"]
    (tmp_path / "lanwitness-serve.service").write_text(text, "utf-8")
    found = analyzed("verify", str(tmp_path / "lanwitness-serve.service"))
    assert "lanwitness" not in found.stderr and found.returncode == 0
    [command] = values(text, "ExecStart")
    words = shlex.split(command)
    assert words[-1].replace("%%", "%").replace("$$", "$") == path


@pytest.mark.parametrize("name", ["eth0", "eth0.10", "br-lan", "enp3s0f1", "wlan-ä", "a b", ".x"])
def test_names_are_escaped_as_systemd_does(name: str) -> None:
    said = subprocess.run(
        [needed("systemd-escape", "systemd"), "--", name], capture_output=True, text=True, check=True
    ).stdout.strip()
    # systemd escapes bytes; names of interfaces are ASCII here (sensor.live.child).
    if name.isascii():
        assert escaped(name) == said


def test_folders() -> None:
    assert folders_of("/a/b", "/a", "/c", "/c") == ("/a", "/c")


def test_the_user() -> None:
    assert sysusers() == 'u lanwitness - "LANwitness" /var/lib/lanwitness\n'


def test_services_say_that_they_are_ready_and_the_sensor_that_it_lives() -> None:
    """systemd.service(5). Finished captures may take longer than any watchdog: a folder has none."""
    found = units(PLACES, ["eth1"], outside=False, beyond=False)
    assert [values(found[f"lanwitness-{name}.service"], "Type") for name in ("watch", "serve")] == [["notify"]] * 2
    assert values(found["lanwitness-watch.service"], "WatchdogSec") == ["120"]
    folder = units(PLACES, [], outside=False, beyond=False)["lanwitness-watch.service"]
    assert values(folder, "Type") == ["notify"] and not values(folder, "WatchdogSec")
