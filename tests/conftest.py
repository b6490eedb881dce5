"""For all tests: what would differ from run to run, or from process to process, is held still."""

from __future__ import annotations

import functools
import gzip
import os
import signal
from pathlib import Path

import pytest

# gzip writes the time of day into its header: names of parametrised tests, and bytes compared with bytes, would depend
# on the second.
gzip.compress = functools.partial(gzip.compress, mtime=0)


@pytest.fixture(autouse=True, scope="session")
def state_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads or writes the state folder of who runs it."""
    os.environ["LANWITNESS_STATE"] = str(Path(tmp_path_factory.mktemp("state")))


@pytest.fixture(autouse=True, scope="session")
def _hang_ups_are_heard() -> None:
    """nohup(1) may have started the tests: what they start would ignore SIGHUP as well."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
