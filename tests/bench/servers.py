"""The servers that could carry the application, with one that does nothing: what is left is what they cost themselves.

Each in an environment of its own, two processes, one after the other in the same run.
"""

from typing import Final

import click

from tests.bench.load import load, running
from tests.bench.processes import folder_of, peer

PORT: Final = 8153
APPLICATION: Final = """
BODY = b"x" * 400
HEADERS = [("Content-Type", "text/plain"), ("Content-Length", "400")]
NAMED = [(name.lower().encode(), value.encode()) for name, value in HEADERS]

def wsgi(environ, start_response):
    start_response("200 OK", HEADERS)
    return [BODY]

async def asgi(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": NAMED})
        await send({"type": "http.response.body", "body": BODY})
"""
GUNICORN: Final = f"-w 2 -b 127.0.0.1:{PORT} --log-level warning"
SERVERS: Final = (
    ("gunicorn, threads", ("gunicorn==27.0.1",), f"{GUNICORN} -k gthread --threads 4 application:wsgi"),
    ("gunicorn, ASGI", ("gunicorn==27.0.1",), f"{GUNICORN} -k asgi --asgi-lifespan off application:asgi"),
    (
        "gunicorn, ASGI, uvloop",
        ("gunicorn==27.0.1", "uvloop==0.23.0"),
        f"{GUNICORN} -k asgi --asgi-lifespan off application:asgi",
    ),
    ("uvicorn", ("uvicorn[standard]==0.54.0",), f"--workers 2 --port {PORT} --log-level error application:asgi"),
    ("granian, WSGI", ("granian==2.8.7",), f"--interface wsgi --workers 2 --port {PORT} application:wsgi"),
    ("granian, ASGI", ("granian==2.8.7",), f"--interface asgi --workers 2 --port {PORT} application:asgi"),
)
"""Name, packages of which the first is the program, what it is told."""


def compare() -> None:
    """Print requests per second of each."""
    folder = folder_of("servers")
    (folder / "application.py").write_text(APPLICATION, encoding="utf-8")
    click.echo("\n### An application that does nothing, 8 connections\n\n| | requests/s | p50 ms | p95 ms |")
    click.echo("|---|---|---|---|")
    for name, packages, told in SERVERS:
        program = peer(*packages).with_name(packages[0].partition("=")[0].partition("[")[0])
        with running([program, *told.split()], PORT, folder / "log", folder):
            found = load(PORT, "/", "text/plain", 1, folder)
        click.echo(f"| {name} | {found.rate:,.0f} | {found.middle:.1f} | {found.most:.1f} |")
