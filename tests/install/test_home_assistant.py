"""The app of Home Assistant, checked by parts: its configuration's keys, its image's steps, its start script."""

from __future__ import annotations

import os
import re
import sys
import time
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from sensor.cli.main import command
from tests.install.test_container import steps

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "home-assistant"
CONFIG = yaml.safe_load((FOLDER / "config.yaml").read_text("utf-8"))
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


@pytest.fixture
def script() -> ModuleType:
    spec = spec_from_file_location("home_assistant_run", FOLDER / "run.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_its_configuration_has_what_is_required_and_no_more_rights_than_listening() -> None:
    """Keys as in developers.home-assistant.io, "App configuration", read on 2026-11-30."""
    assert {"name", "version", "slug", "description", "arch"} <= CONFIG.keys()
    assert CONFIG["version"] == VERSION and set(CONFIG["arch"]) == {"aarch64", "amd64"}
    assert CONFIG["privileged"] == ["NET_RAW"] and CONFIG["host_network"]
    assert not {"full_access", "docker_api", "hassio_api", "homeassistant_api", "host_pid", "map"} & CONFIG.keys()
    assert CONFIG["options"].keys() <= CONFIG["schema"].keys()
    mandatory = {name for name, kind in CONFIG["schema"].items() if not kind.endswith("?")}
    assert mandatory == CONFIG["options"].keys()


def test_its_schema_refuses_what_is_no_interface() -> None:
    pattern = CONFIG["schema"]["interface"].removeprefix("match(").removesuffix(")")
    assert re.match(pattern, "end0.20") and not re.match(pattern, "--reveal") and not re.match(pattern, "a b")


def test_its_image_is_built_of_what_docs_put_beside_it() -> None:
    found = steps((FOLDER / "Dockerfile").read_text("utf-8"))
    names = {name for verb, rest in found if verb == "COPY" and "--from" not in rest for name in rest.split()[:-1]}
    assert names == {f"lanwitness-{VERSION}.tar.gz", "constraints.txt", "run.py"}
    assert not any("$BUILD_FROM" in rest for _, rest in found)


@pytest.mark.parametrize("options", [{"interface": "eth1"}, {"interface": "e", "host": "ha.local", "language": "de"}])
def test_it_starts_commands_that_the_program_has(script: ModuleType, options: dict[str, object]) -> None:
    for _, name, *arguments in script.commands(options):
        found = command(name)
        given, rest, _ = found.make_parser(found.context_class(found)).parse_args(arguments)
        assert rest == []
        if name == "watch":
            assert (tuple(given["interfaces"]), given["user"]) == ((options["interface"],), "lanwitness")
    assert f"[PORT:{script.PORT}]" in CONFIG["webui"]


@pytest.mark.parametrize("interface", [None, "", "--reveal", 7])
def test_options_that_name_no_interface_are_refused(script: ModuleType, interface: object) -> None:
    with pytest.raises(ValueError, match="interface"):
        script.commands({"interface": interface})


def test_one_that_ends_ends_the_other_and_the_link_is_shown_once(
    script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link, ended = tmp_path / "link", tmp_path / "ended"
    waits = (
        "import pathlib, signal, sys, time\n"
        f"def end(*_): pathlib.Path({str(ended)!r}).touch(); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        f"pathlib.Path({str(link)!r}).write_text('https://sensor.example/once')\n"
        "time.sleep(60)"
    )
    fails = (
        "import pathlib, sys, time\n"
        f"while not pathlib.Path({str(link)!r}).exists(): time.sleep(0.05)\n"
        "time.sleep(0.9)\n"
        "sys.exit(3)"
    )
    began = time.monotonic()
    assert script.run([sys.executable, "-c", waits], [sys.executable, "-c", fails], link, None) == 3
    assert time.monotonic() - began < 30 and ended.exists()
    assert capsys.readouterr().out.count("https://sensor.example/once") == 1


def test_a_link_of_an_earlier_start_is_not_shown(script: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "link").write_text("https://sensor.example/old")
    assert not script.show_link(tmp_path / "link", time.time() + 5)


def test_another_file_in_the_place_of_the_link_is_not_shown(script: ModuleType, tmp_path: Path) -> None:
    """The folder is the dashboard's, the script is root: a link to a file of root, or a pipe, would be a way around."""
    (tmp_path / "other").write_text("a secret of root")
    (tmp_path / "link").symlink_to(tmp_path / "other")
    os.mkfifo(tmp_path / "pipe")
    assert not script.show_link(tmp_path / "link", 0) and not script.show_link(tmp_path / "pipe", 0)
