"""A PostgreSQL server for tests, started in a folder of its own and thrown away."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    user: str
    password: str

    def address(self, database: str = "postgres") -> str:
        return f"jdbc:postgresql://127.0.0.1:{self.port}/{database}"

    def run(self, script: str, database: str = "postgres") -> None:
        """Run SQL as psql does: a statement that fails does not hinder those behind it."""
        environment = {**os.environ, "PGPASSWORD": self.password}
        assert PROGRAMS
        subprocess.run(
            [PROGRAMS / "psql", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", self.user, "-d", database],
            input=script, text=True, env=environment, check=True, capture_output=True,
        )  # fmt: skip


@contextmanager
def server(folder: Path, password: str = "sông Hương") -> Iterator[Server]:  # noqa: S107
    """Start a server and stop it; call it only where there is PROGRAMS."""
    assert PROGRAMS
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "password").write_text(password, encoding="utf-8")
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server does not run as root
        as_user = ["runuser", "-u", "postgres", "--"]
        for each in (folder, *folder.parents[:-2]):
            each.chmod(each.stat().st_mode | 0o011)
        shutil.chown(folder, "postgres")
        shutil.chown(folder / "password", "postgres")
    data = folder / "data"

    def program(name: str, *arguments: str) -> None:
        subprocess.run([*as_user, str(PROGRAMS / name), *arguments], check=True, capture_output=True, cwd=folder)

    program("initdb", "-D", str(data), "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={folder / 'password'}",
            "-E", "UTF8", "--locale=C", "--no-sync")  # fmt: skip
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    try:
        # pg_ctl's own waiting, here and below, trusts the clock, which jumps in some virtual machines.
        program("pg_ctl", "-D", str(data), "-W", "-l", str(folder / "log"), "-o", options, "start")
        ready = [str(PROGRAMS / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        for _ in range(300):
            if subprocess.run(ready, check=False).returncode == 0:
                break
            time.sleep(0.1)
        yield Server(port, "postgres", password)
    finally:
        program("pg_ctl", "-D", str(data), "-W", "-m", "immediate", "stop")
        for _ in range(300):
            if not (data / "postmaster.pid").exists():
                break
            time.sleep(0.1)
