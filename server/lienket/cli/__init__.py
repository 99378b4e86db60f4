"""The command line: the verbs, what they print, and their exit codes.

0 well · 1 the input is at fault · 2 wrong usage · 3 a fault of ours or of the machine.
"""

import sys
import traceback

import click

from . import checking, keeping, publishing, relating, standalone, starting
from .console import commands, err

__all__ = ["checking", "commands", "keeping", "main", "publishing", "relating", "standalone", "starting"]


def main() -> None:
    """Run the command line and exit with its code; the entry point of the package."""
    try:
        commands.main(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:
        if "interrupted" in str(error).lower():  # how DuckDB tells of Ctrl+C
            sys.exit(130)
        traceback.print_exc()
        err.print("This is a fault of Liên Kết, not of your data; please report the lines above.")
        sys.exit(3)
