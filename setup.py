"""Build: compiles the two modules that read every packet, and the signatures, once for all starts.

Where no compiler works they run as plain Python, slower.

LANWITNESS_PLAIN=1 switches compiling off. LANWITNESS_COMPILED=1 makes a failure an error instead of a message.
"""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent

MODULES = ("sensor.capture.walk", "sensor.decode.engine")


def say(text: str) -> None:
    """Print a message that stands out of a build's output."""
    line = "*" * 78
    sys.stderr.write(f"\n{line}\n{text}\n{line}\n\n")


class BuildOrSaySo(build_ext):
    """Builds what it can; a compiler that is missing or fails costs speed, not the installation."""

    def run(self) -> None:
        """As setuptools does, but report what went wrong."""
        try:
            super().run()
        except Exception as error:  # noqa: BLE001 (whatever a compiler does, the plain modules still run)
            self.failed(error)

    def build_extension(self, ext: Extension) -> None:
        """One module; the others are still tried."""
        try:
            super().build_extension(ext)
        except Exception as error:  # noqa: BLE001 (whatever a compiler does, the plain modules still run)
            self.failed(error)

    def failed(self, error: Exception) -> None:
        """An error where compiling is demanded, else a message."""
        if os.environ.get("LANWITNESS_COMPILED") == "1":
            raise error
        say(
            f"LANwitness: the decoder could not be compiled ({type(error).__name__}: {error}).\n"
            "It will run as plain Python, some hundred times slower. To compile it, install a C\n"
            "compiler and Python's headers (Debian: gcc python3-dev) and install again."
        )


class BuildWithIndex(build_py):
    """Copies the packages and what is shipped with them, then writes the compiled signatures beside them (or beside the
    sources, if editable).
    """

    def run(self) -> None:
        """As setuptools does, and some files more."""
        super().run()
        sys.path.insert(0, str(HERE))
        try:
            if not self.editable_mode:
                from sensor.shipped import copy_into

                copy_into(Path(self.build_lib) / "sensor", HERE)
            from sensor.devices.signatures.compiled import install

            install(HERE / "signatures", (HERE if self.editable_mode else Path(self.build_lib)) / "signatures")
        except (ImportError, OSError) as error:
            say(
                f"LANwitness: the signatures could not be read at install time ({error}); each user's first start will."
            )
        finally:
            sys.path.remove(str(HERE))


def extensions() -> list[Extension]:
    """The modules to compile; none where that is unwanted or impossible."""
    if os.environ.get("LANWITNESS_PLAIN") == "1":
        say("LANwitness: LANWITNESS_PLAIN=1, the decoder is not compiled and will be slow.")
        return []
    try:
        from Cython.Build import cythonize
    except ImportError:
        if os.environ.get("LANWITNESS_COMPILED") == "1":
            raise
        say("LANwitness: Cython is not at hand, the decoder is not compiled and will be slow.")
        return []
    parts = [Extension(name, [name.replace(".", "/") + ".py"], extra_compile_args=["-O3", "-g0"]) for name in MODULES]
    try:
        built: list[Extension] = cythonize(parts, build_dir="build/cython", language_level=3)
    except Exception as error:
        if os.environ.get("LANWITNESS_COMPILED") == "1":
            raise
        say(f"LANwitness: Cython refused the decoder ({type(error).__name__}); it is not compiled and will be slow.")
        return []
    return built


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildOrSaySo, "build_py": BuildWithIndex})
