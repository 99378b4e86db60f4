"""Runs processes to their end and measures what they took; makes the environments of peers under var/bench."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "var" / "bench"
PYTHON: Final = Path(sys.executable)
LIENKET: Final = PYTHON.with_name("lienket")


@dataclass(frozen=True)
class Run:
    """What one process took, and what it wrote."""

    seconds: float
    memory: float
    """Most memory it held, in MiB."""
    size: int
    """Bytes of its output."""
    lines: int


def folder_of(name: str) -> Path:
    """Return an empty folder under var/bench."""
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def peer(*requirements: str) -> Path:
    """Return the Python of an environment that holds these packages; it is made once."""
    environment = FOLDER / "peers" / "+".join(requirements).replace("=", "")
    python = environment / "bin" / "python"
    if not python.exists():
        uv = PYTHON.with_name("uv")
        subprocess.run([uv, "venv", "--quiet", environment], check=True)
        options: list[str | Path] = ["--quiet", "--compile-bytecode", "--python", python]
        subprocess.run([uv, "pip", "install", *options, *requirements], check=True)
    return python


def measure(command: Sequence[str | Path], folder: Path, output: str, *, code: int = 0) -> Run:
    """Run a command in a folder to its end and return what it took; `output` is the file that it writes there.

    Ends the measurement with a message where the command ends with another code.
    """
    seconds, memory = timed(command, folder, code=code)
    with (folder / output).open("rb") as file:
        lines = sum(1 for _ in file)
    return Run(seconds, memory, (folder / output).stat().st_size, lines)


def timed(command: Sequence[str | Path], folder: Path, *, code: int = 0) -> tuple[float, float]:
    """Run a command in a folder to its end; return its seconds, and the most memory it held in MiB.

    Ends the measurement with a message where the command ends with another code.
    """
    # Whoever runs a program often has its bytecode at hand.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    silent = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=silent, stderr=silent) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode != code:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return seconds, usage.ru_maxrss / 1024
