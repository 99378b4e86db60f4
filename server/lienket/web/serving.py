"""Runs the web application under gunicorn: a few processes, no configuration file."""

import os
import resource
import socket
import sys
import tempfile
from functools import partial
from typing import Any, Final

import gunicorn.app.base

from lienket.errors import Fault, UnavailableError
from lienket.project import Project
from lienket.web import create_app, follow, journal
from lienket.web.front import Front
from lienket.web.lookups import Lookups

_SWITCH_SECONDS: Final = 0.0005
"""A thread lets another one go on after so long: many short requests share a process."""

_SILENT_SECONDS: Final = 20
"""Who opens a connection and says nothing for so long is not let in."""


def require_free(host: str, port: int) -> None:
    """Raise `UnavailableError`, with what to do, where `host`:`port` cannot be listened on."""
    try:
        with socket.create_server((host, port)):
            pass
    except (OSError, OverflowError) as error:
        raise UnavailableError(
            Fault("cannot listen on {host}:{port}: {reason}; choose another with --port, or stop what uses it",
                  values={"host": host, "port": port, "reason": getattr(error, "strerror", None) or error})
        ) from None  # fmt: skip


def serve(project: Project) -> None:
    """Serve the deployment's current release until interrupted."""
    _allow_files()
    with tempfile.TemporaryDirectory(prefix="lienket-") as figures:
        _Application(project, figures).run()


class _Application(gunicorn.app.base.BaseApplication):  # type: ignore[misc]
    def __init__(self, project: Project, figures: str) -> None:
        self.project = project
        self.figures = figures
        super().__init__()

    def load_config(self) -> None:
        settings = {
            "bind": f"{self.project['server.host']}:{self.project['server.port']}",
            "workers": self.project["server.processes"],
            "worker_class": "asgi",
            "asgi_lifespan": "off",
            "control_socket_disable": True,  # it would lie in the home of whoever serves
            "loglevel": "warning",
            "proc_name": "lienket",
            "graceful_timeout": self.project["limits.query_seconds"] + 5,  # what runs when it is told to stop may end
            "limit_request_line": 8190,  # the longest it takes: a longer query is for POST, and we say so ourselves
            "raw_env": [f"PROMETHEUS_MULTIPROC_DIR={self.figures}"],
            "when_ready": _defer,
            "worker_exit": _end,
            "child_exit": _gone,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        sys.setswitchinterval(_SWITCH_SECONDS)
        app = create_app(self.project)
        lookups = Lookups(app.extensions, self.project)
        return Front(app.wsgi_app, self.project, journal.of(app.extensions), lookups.answer, partial(follow, app))


def _defer(server: Any) -> None:
    """Let the kernel keep connections to itself until something is sent, where it can."""
    option = getattr(socket, "TCP_DEFER_ACCEPT", None)
    for listener in server.LISTENERS if option is not None else ():
        listener.sock.setsockopt(socket.IPPROTO_TCP, option, _SILENT_SECONDS)


def _end(arbiter: Any, worker: Any) -> None:
    """End a web process whose requests are all answered, without taking Python down around Oxigraph's threads.

    Those run on meanwhile and end in a segmentation fault, which is in no one's interest to be told of.
    """
    if worker.booted and worker.alive is False:
        os._exit(0)


def _gone(server: Any, worker: Any) -> None:
    """Forget the gauges of a web process that has ended."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def _allow_files() -> None:
    """Let this process have as many connections as the system lets it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
