"""Apprise in its own process against a real server: what it is given, what it may do, and failures in words."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from sensor.alerts import apprise_child, notify
from sensor.alerts.forget import forget
from sensor.alerts.manager import AlertManager
from sensor.alerts.notify import NotifyChannel, channels_of, order_of, urls_of
from sensor.alerts.sender import Undelivered
from sensor.alerts.spool import QueuedMessage, Spool
from sensor.settings.keys import AlertSettings, NotifySettings
from tests.alerts.test_webhook import Server, server  # noqa: F401 - a fixture

pytest.importorskip("apprise")

ALERT: dict[str, Any] = {
    "record": "alert", "kind": "finding", "severity": "high", "title": "Küche", "text": "sends a password <b>",
    "device": "02:00:5e:00:53:01", "name": "Küche",
}  # fmt: skip


def queued(**more: Any) -> QueuedMessage:
    return QueuedMessage("a" * 32, 0.0, 0.0, {**ALERT, **more}, "notify")


def file_of(folder: Path, *urls: str, mode: int = 0o600) -> Path:
    path = folder / "notify.urls"
    path.write_text("# mine\n\n" + "\n".join(urls) + "\n", "utf-8")
    path.chmod(mode)
    return path


def url_of(server: Server) -> str:  # noqa: F811
    return f"json://127.0.0.1:{server.http.server_port}/hook"


def test_an_alert_arrives_and_no_proxy_is_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("LANWITNESS_STATE", "/nowhere/state")
    NotifyChannel("notify-1", url_of(server)).deliver(queued())
    [(path, _, body)] = server.got
    sent = json.loads(body)
    assert path == "/hook"
    assert (sent["title"], sent["message"], sent["type"]) == ("Küche", "sends a password <b>", "failure")


def test_an_answer_that_is_none(server: Server) -> None:  # noqa: F811
    server.status = 500
    with pytest.raises(Undelivered, match="cannot be reached, or refuses") as error:
        NotifyChannel("notify-1", url_of(server)).deliver(queued())
    assert "127.0.0.1" not in str(error.value)


def test_a_process_that_hangs_is_ended() -> None:
    with pytest.raises(Undelivered, match="in time"):
        NotifyChannel("notify-1", "json://127.0.0.1:9/", patience=0.01).deliver(queued())


def test_what_the_process_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "apprise_child.py"
    program.write_text(
        "import json, os, sys\n"
        "given = [dict(os.environ), sys.argv[1:], os.listdir('.'), os.getcwd(), os.listdir('/proc/self/fd')]\n"
        "print(json.dumps(given))\n"
    )
    monkeypatch.setattr(notify, "__file__", str(tmp_path / "notify.py"))
    monkeypatch.setenv("LANWITNESS_STATE", "/nowhere/state")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with (tmp_path / "store.db").open("wb"):
        status, printed = NotifyChannel("notify-1", "").check([])
    environment, arguments, files, folder, descriptors = json.loads(printed)
    assert status == 0 and arguments == [] and files == []
    # LC_CTYPE is Python's own (PEP 538).
    assert environment.keys() - {"LC_CTYPE"} == {"PATH", "HOME"} and environment["HOME"] == folder
    assert not Path(folder).exists()
    assert len(descriptors) == 4  # its three, and the one that lists them


def test_a_run_that_root_began_says_that_no_program_can_be_started(tmp_path: Path) -> None:
    path = file_of(tmp_path, "json://127.0.0.1:9/")
    program = textwrap.dedent(f"""
        import ctypes
        from sensor.alerts.notify import channels_of
        from sensor.live import seccomp
        from sensor.settings.keys import NotifySettings
        ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
        seccomp.apply(seccomp.all_but(seccomp.FORBIDDEN, seccomp.FAMILIES))
        try:
            channels_of(NotifySettings({str(path)!r}))
        except ValueError as error:
            print(error)
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "cannot be started (operation not permitted)" in done.stdout and "root began" in done.stdout


def test_the_file_of_urls(tmp_path: Path) -> None:
    assert urls_of(file_of(tmp_path, "json://a/", " ntfy://b ")) == ["json://a/", "ntfy://b"]
    assert urls_of(file_of(tmp_path, "json://a/", mode=0o640)) == ["json://a/"]
    for mode in (0o644, 0o604, 0o660):
        with pytest.raises(ValueError, match="others can read it"):
            urls_of(file_of(tmp_path, "json://a/", mode=mode))


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "is empty"), (b"# no\n", "is empty"), (b"\xff", "is no text"), (b"a\n" * 9, "at most 8"),
     (b"a" * 70_000, "larger than")],
)  # fmt: skip
def test_files_that_cannot_be_used(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "urls"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ValueError, match=why):
        urls_of(path)
    with pytest.raises(ValueError, match="no such file"):
        urls_of(tmp_path / "none")


def test_a_url_that_apprise_does_not_know(tmp_path: Path) -> None:
    path = file_of(tmp_path, "json://127.0.0.1/", "nonsense://Sesame12@h")
    with pytest.raises(ValueError, match="does not know the kind of URL number 2") as error:
        channels_of(NotifySettings(str(path)))
    assert "Sesame12" not in str(error.value)


def test_without_apprise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NotifyChannel, "check", lambda *_: (apprise_child.UNINSTALLED, ""))
    with pytest.raises(ValueError, match=r"Apprise is not installed; install lanwitness\[notify\]"):
        channels_of(NotifySettings(str(file_of(tmp_path, "json://a/"))))
    monkeypatch.setitem(sys.modules, "apprise", None)
    assert apprise_child.send({"urls": []}) == apprise_child.UNINSTALLED


def test_no_name_of_a_device_calls_anybody() -> None:
    assert order_of({"severity": "medium", "title": "@everyone", "text": ""}) == {
        "title": "", "body": "\uff20everyone", "type": "warning",
    }  # fmt: skip
    assert order_of(ALERT)["title"] == "Küche" and order_of({**ALERT, "severity": "low"})["type"] == "info"


def test_each_url_has_a_queue_of_its_own_that_forget_knows(tmp_path: Path, server: Server) -> None:  # noqa: F811
    path = file_of(tmp_path, "json://127.0.0.1:9/", url_of(server))
    rules = AlertSettings(notify=NotifySettings(str(path)), learn_minutes=10_080, language="de")
    alerts = AlertManager(rules, tmp_path, lambda _: None)
    try:
        assert list(alerts.counts()) == ["notify-1", "notify-2"]
        alerts.test()
        alerts._senders[1]._thread.join(0.1)
        for _ in range(100):
            if alerts.counts()["notify-2"]["sent"]:
                break
            alerts._senders[1]._thread.join(0.1)
        [(_, _, body)] = server.got
        assert json.loads(body)["title"] == "LANwitness: ein Test"
        assert alerts.counts()["notify-2"]["sent"] == 1 and alerts.counts()["notify-1"]["waiting"] == 1
    finally:
        alerts.close()
    Spool(tmp_path / "alerts" / "notify-1").put(ALERT, at=0.0, now=0.0, name="b" * 32)
    assert forget(tmp_path, [ALERT["device"]])
    assert not any(ALERT["device"] in one.read_text("utf-8") for one in (tmp_path / "alerts").rglob("*.json"))
