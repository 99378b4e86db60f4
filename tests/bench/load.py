"""Runs servers and lets wrk ask them; wrk shares the machine with the server."""

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SECONDS: Final = 4
SCRIPT: Final = """
local n = 0
request = function()
  n = n + 7919
  return wrk.format("GET", string.format("{path}", n % {different}), {{["Accept"] = "{accept}"}})
end
done = function(summary, latency)
  io.write(string.format("FOUND %f %f %f %d\\n", summary.requests / summary.duration * 1e6,
           latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, summary.errors.status))
end
"""


@dataclass(frozen=True)
class Load:
    """What wrk found: requests a second, milliseconds of the median and the 95th percentile."""

    rate: float
    middle: float
    most: float


@contextmanager
def running(command: Sequence[str | Path], port: int, log: Path, folder: Path | None = None) -> Iterator[int]:
    """Run a server, perhaps in a folder, until the end of the block; yield its process id once it listens."""
    environment = {**os.environ, "LIENKET_SERVER_PORT": str(port)}
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, env=environment) as server,
    ):
        try:
            until = time.monotonic() + 60
            while socket.socket().connect_ex(("127.0.0.1", port)):
                if server.poll() is not None or time.monotonic() > until:
                    raise SystemExit(f"{command[0]} does not serve; see {log}")
                time.sleep(0.1)
            yield server.pid
        finally:
            server.terminate()
            server.wait(20)


def load(port: int, path: str, accept: str, different: int, folder: Path) -> Load:
    """Let wrk ask `path`, with a number below `different` in the place of %d, and return what it found."""
    escaped = path.replace("%", "%%").replace("%%d", "%d")
    script = folder / "load.lua"
    script.write_text(SCRIPT.format(path=escaped, different=different, accept=accept))
    command = ["wrk", "-t1", "-c8", f"-d{SECONDS}s", "-s", str(script), f"http://127.0.0.1:{port}"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"FOUND (\S+) (\S+) (\S+) (\d+)", text)
    if found is None or found[4] != "0":
        raise SystemExit(f"not every answer was one: {text}")
    return Load(float(found[1]), float(found[2]), float(found[3]))
