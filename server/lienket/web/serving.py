"""Runs the web application under gunicorn: a few processes with threads, no configuration file."""

import os
import socket
from typing import Any

import gunicorn.app.base

from lienket.errors import Fault, UnavailableError
from lienket.project import Project
from lienket.web import create_app


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
    _Application(project).run()


class _Application(gunicorn.app.base.BaseApplication):  # type: ignore[misc]
    def __init__(self, project: Project) -> None:
        self.project = project
        super().__init__()

    def load_config(self) -> None:
        settings = {
            "bind": f"{self.project['server.host']}:{self.project['server.port']}",
            "workers": self.project["server.processes"],
            "threads": self.project["server.threads"],
            "worker_class": "gthread",
            "loglevel": "warning",
            "proc_name": "lienket",
            "graceful_timeout": self.project["limits.query_seconds"] + 5,  # what runs when it is told to stop may end
            "limit_request_line": 8190,  # the longest it takes: a longer query is for POST, and we say so ourselves
        }
        self.cfg.set("worker_exit", _end)
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return create_app(self.project)


def _end(arbiter: Any, worker: Any) -> None:
    """End a web process whose requests are all answered, without taking Python down around Oxigraph's threads.

    Those run on meanwhile and end in a segmentation fault, which is in no one's interest to be told of.
    """
    if worker.booted and worker.alive is False:
        os._exit(0)
