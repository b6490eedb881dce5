"""Compiles the two modules that touch every packet, where a C compiler works; they run as plain Python, slower, where none does.

LANWITNESS_PLAIN=1 leaves the compiling out. LANWITNESS_COMPILED=1 makes a failure to compile an error instead of a message.
"""

import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

MODULES = ("sensor.capture.walk", "sensor.decode.engine")


def say(text: str) -> None:
    """Where nobody who builds can miss it."""
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


def extensions() -> list[Extension]:
    """What to compile: nothing where that is unwanted or impossible."""
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


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildOrSaySo})
