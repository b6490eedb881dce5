"""The corpus of the fuzzers is read as it should be; nightly it is searched on from."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.fuzz import CORPUS, DECODER, PARSERS, as_input, parser_target, run_once
from sensor.model import Side
from tests.replaying import ROOT


@pytest.mark.parametrize("target", [*PARSERS, DECODER])
def test_the_corpus(target: str) -> None:
    inputs = sorted((CORPUS / target).iterdir())
    assert inputs
    for each in inputs:
        run_once(target, each.read_bytes())


def test_the_corpus_is_small() -> None:
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) < 2_000_000


def test_a_conversation_as_an_input(monkeypatch: pytest.MonkeyPatch) -> None:
    fed: list[tuple[Side, bytes]] = []
    monkeypatch.setattr("tests.conversation.Run.feed", lambda _, side, data: fed.append((side, data)))
    parser_target("ftp")(as_input([(Side.SERVER, b"x" * 200), (Side.CLIENT, b"y")]))
    assert fed == [(Side.SERVER, b"x" * 127), (Side.SERVER, b"x" * 73), (Side.CLIENT, b"y")]


@pytest.mark.nightly
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="there is no atheris for this Python")
@pytest.mark.parametrize("target", [*PARSERS, DECODER])
def test_fuzzing_finds_nothing(target: str, tmp_path: Path) -> None:
    shutil.copytree(CORPUS / target, tmp_path / target)
    command = [sys.executable, "bench/fuzz.py", "--seconds", "60", "--corpus", str(tmp_path), target]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
