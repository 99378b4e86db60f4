"""A MariaDB server for tests, started in a folder of its own and thrown away."""

import getpass
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pymysql
from pymysql.constants import CLIENT

PROGRAM = shutil.which("mariadbd", path="/usr/sbin:/usr/bin:/usr/local/bin")
SHARE = Path("/usr/share/mysql")
"""Where the statements lie that make the tables of a new server."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    socket: Path
    port: int
    user: str
    password: str

    def address(self, database: str = "test") -> str:
        return f"jdbc:mysql://127.0.0.1:{self.port}/{database}"

    def run(self, script: str, database: str = "test") -> None:
        """Run statements as the server's master; the first that fails ends it."""
        with closing(self._opened(database)) as connection, connection.cursor() as cursor:
            cursor.execute(script)
            while cursor.nextset():
                pass
            connection.commit()

    def _opened(self, database: str | None) -> "pymysql.connections.Connection[pymysql.cursors.Cursor]":
        return pymysql.connect(
            unix_socket=str(self.socket), user="root", database=database, charset="utf8mb4",
            client_flag=CLIENT.MULTI_STATEMENTS,
        )  # fmt: skip

    def prepare(self) -> None:
        """Wait until the server answers; make the database and the user."""
        for _ in range(300):
            with socket.socket(socket.AF_UNIX) as probe:
                if probe.connect_ex(str(self.socket)) == 0:
                    break
            time.sleep(0.1)
        self.run(
            f"""CREATE DATABASE test CHARACTER SET utf8mb4;
            CREATE USER '{self.user}'@'127.0.0.1' IDENTIFIED BY '{self.password}';
            GRANT ALL ON *.* TO '{self.user}'@'127.0.0.1';""",
            "mysql",
        )


@contextmanager
def server(folder: Path, password: str = "sông Hương") -> Iterator[Server]:  # noqa: S107
    """Start a server and stop it; call it only where there is PROGRAM."""
    assert PROGRAM
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    data.mkdir()
    common = [PROGRAM, "--no-defaults", f"--user={getpass.getuser()}", f"--datadir={data}"]
    tables = "\n".join((SHARE / f"mysql_system_tables{part}.sql").read_text("utf-8") for part in ("", "_data"))
    subprocess.run(
        [*common, "--bootstrap"], check=True, capture_output=True, text=True,
        input=f"CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = NULL;\n{tables}",
    )  # fmt: skip
    found = Server(folder / "socket", port, "clerk", password)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*common, f"--port={port}", "--bind-address=127.0.0.1", f"--socket={found.socket}", "--skip-name-resolve",
             f"--pid-file={folder / 'pid'}", "--innodb-flush-log-at-trx-commit=0", "--secure-file-priv="],
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            found.prepare()
            yield found
        finally:
            process.kill()
            process.wait()
