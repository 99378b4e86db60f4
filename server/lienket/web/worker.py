"""A query worker: one process, one store, one query at a time, over pipes. It may be killed at any moment.

Started by `lienket.web.workers` as `python worker.py STORE MEMORY`: the store's folder, and the MiB that queries may
take beyond the process's own size. Reads request frames from standard input and answers on standard output:

    READY                        once, when the store is open
    HEADER DATA* END             an answer; its end says how many rows it has
    ERROR | HEADER DATA* ERROR   none, or one that breaks off

A frame is one byte of kind, four of length, and that many bytes: JSON, or a piece of the answer in `DATA`.
The worker may not use the network (seccomp, where Linux has it), so that `SERVICE` reaches nobody; it has a memory
ceiling; and it lets the kernel end it at the deadline even where whoever asked is gone.

<https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html>
"""

import ctypes
import errno
import json
import os
import platform
import re
import resource
import signal
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import pyoxigraph as ox

from lienket.errors import UnavailableError
from lienket.formats import HTML, by_suffix
from lienket.store import Answer, Store, Term

READY: Final = b"r"
HEADER: Final = b"h"
DATA: Final = b"d"
END: Final = b"e"
ERROR: Final = b"x"

FRAME: Final = struct.Struct(">cI")
BLOCK_BYTES: Final = 1 << 16
"""Answers travel in pieces of this size."""

PAGE_BYTES: Final = 1 << 20
"""A page shows rows until it has shown this many bytes of text."""

GRACE_SECONDS: Final = 0.2
"""Whoever asked ends us at the deadline; where it does not, the kernel does so this much later."""

_NICENESS: Final = 5

_ROW_MARKS: Final = {"csv": (b"\n", -1), "tsv": (b"\n", -1), "xml": (b"<result>", 0), "json": (b'}},{"', 1)}
"""By format: what is written for each row, and how many to begin with: a head line is none, and JSON's mark stands
between two. A line break in a cell of CSV and a JSON row without values are miscounted."""

_NO_ROWS: Final = b"[]}}"
"""How JSON without rows ends."""

_PREFIXES_FROM: Final = 1000
"""Prefixes that an answer of up to so many triples does not use are left out of it."""

_POSITION: Final = re.compile(r"error at (?P<line>\d+):(?P<column>\d+): (?P<message>.*)", re.DOTALL)

_CHARACTERS: Final = re.compile(r"\[(?:[^\[\]']|'(?:\\.|[^'\\])[^']*')*\]")
"""How the parser writes "one of these characters" among what it expected: up to pages of code points."""

_WORD: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[^,"][^,]*')

_AUDIT_ARCHITECTURES: Final[dict[str, tuple[int, int]]] = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""By machine: its number in <linux/audit.h> and the number of its system call `socket`."""
_IO_URING_SETUP: Final = 425
_FOREIGN_CALLS: Final = 0x40000000
"""System calls from here on are of the x32 interface, which would go around the numbers above."""


def main() -> None:
    """Answer queries until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    channel = _Channel(os.fdopen(os.dup(0), "rb"), os.dup(1))
    os.dup2(2, 1)  # what else is printed must not mix with the frames
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(_NICENESS)
    folder, memory = sys.argv[1:]
    offline = refuse_network()
    try:
        store = Store.open(Path(folder))
    except UnavailableError as error:
        channel.send(ERROR, {"reason": "store", "message": str(error)})
        return
    _limit_memory(int(memory) << 20)
    channel.send(READY, {"offline": offline})
    for request in channel.requests():
        signal.setitimer(signal.ITIMER_REAL, request["seconds"] + GRACE_SECONDS)
        channel.send(*last_frame(partial(answer_of, store, request), request, channel))
        signal.setitimer(signal.ITIMER_REAL, 0)


def refuse_network() -> bool:
    """Make every further `socket()` of this process fail; return whether the system could be told so."""
    known = _AUDIT_ARCHITECTURES.get(platform.machine())
    if platform.system() != "Linux" or known is None:
        return False
    architecture, socket_call = known
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    refuse, allow = 0x00050000 | errno.EACCES, 0x7FFF0000
    program = [
        _Instruction(load, 0, 0, 4),  # the architecture of the call
        _Instruction(equal, 0, 5, architecture),
        _Instruction(load, 0, 0, 0),  # its number
        _Instruction(at_least, 3, 0, _FOREIGN_CALLS),
        _Instruction(equal, 2, 0, socket_call),
        _Instruction(equal, 1, 0, _IO_URING_SETUP),
        _Instruction(give, 0, 0, allow),
        _Instruction(give, 0, 0, refuse),
    ]
    filter_ = _Program(len(program), (_Instruction * len(program))(*program))
    library = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, seccomp, with_filter = 38, 22, 2
    zero = ctypes.c_ulong(0)
    failed: int = library.prctl(no_new_privileges, ctypes.c_ulong(1), zero, zero, zero) or library.prctl(
        seccomp, ctypes.c_ulong(with_filter), ctypes.byref(filter_), zero, zero
    )
    return failed == 0


class _Instruction(ctypes.Structure):
    """`struct sock_filter`."""

    _fields_ = (("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


class _TooLarge(Exception):  # noqa: N818 - not a fault, a limit
    """The answer reaches a limit: its name and size."""


class Sheet:
    """The file that an answer is written to: counts its rows, keeps to its limits, gathers its frames."""

    def __init__(self) -> None:
        self.frames: list[tuple[bytes, bytes]] = []
        """Kind and content of each that is complete."""
        self.rows = 0
        self._block = bytearray()
        self._bytes = 0
        self._mark = b""
        self._tail = b""
        self._most: dict[str, int | None] = {"rows": None, "bytes": None}

    def begin(self, request: Mapping[str, Any], mark: bytes = b"", rows: int = 0) -> None:
        """Begin an answer of so many `rows` and one more for each `mark` in it; "" leaves the counting to others."""
        self.rows, self._bytes, self._mark, self._tail = rows, 0, mark, b""
        self._most = {"rows": request["most_rows"], "bytes": request["most_bytes"]}

    def gather(self, kind: bytes, payload: bytes) -> None:
        """Put a frame behind those that there are."""
        self.frames.append((kind, payload))

    def ended_with(self, end: bytes) -> bool:
        """Return whether the last that was written is `end`, which is shorter than the mark."""
        return self._tail == end

    def write(self, piece: bytes) -> int:
        """Take in a piece; raises `_TooLarge` at a limit."""
        self._block += piece
        self._bytes += len(piece)
        if self._mark:
            seen = self._tail + piece
            self.rows += seen.count(self._mark)
            self._tail = seen[len(seen) - len(self._mark) + 1 :]
        for name, number in (("rows", self.rows), ("bytes", self._bytes)):
            most = self._most[name]
            if most is not None and number > most:
                raise _TooLarge(name, str(most))
        if len(self._block) >= BLOCK_BYTES:
            self.push()
        return len(piece)

    def flush(self) -> None:
        """Do nothing: the serialiser flushes when it likes, and blocks are to be full."""

    def push(self) -> None:
        """Do what is to be done when a block is full."""
        self.settle()

    def settle(self) -> None:
        """Make a frame of what is written."""
        if self._block:
            self.gather(DATA, bytes(self._block))
            self._block.clear()

    def drop(self) -> None:
        """Forget what is written and waits for the rest of its block."""
        self._block.clear()


class _Channel(Sheet):
    """The two pipes."""

    def __init__(self, requests: BinaryIO, answers: int) -> None:
        super().__init__()
        self._requests = requests
        self._answers = answers

    def requests(self) -> Iterator[dict[str, Any]]:
        while head := self._requests.read(FRAME.size):
            _, length = FRAME.unpack(head)
            yield json.loads(self._requests.read(length))

    def send(self, kind: bytes, content: dict[str, Any]) -> None:
        """Send a frame, and with it those before it: a small answer goes out in one piece."""
        self.gather(kind, json.dumps(content).encode())
        self._flush()

    def push(self) -> None:
        """Send what is written, in a frame of its own."""
        self.settle()
        self._flush()

    def _flush(self) -> None:
        rest = memoryview(b"".join(FRAME.pack(kind, len(content)) + content for kind, content in self.frames))
        self.frames.clear()
        try:
            while rest:
                rest = rest[os.write(self._answers, rest) :]
        except BrokenPipeError:
            raise SystemExit(0) from None  # nobody wants the answer


def _limit_memory(beyond: int) -> None:
    """Let this process grow by `beyond` bytes of address space at most; not every system keeps to it."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return
    ceiling = pages * resource.getpagesize() + beyond
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))


def last_frame(
    answer: Callable[[], Answer | list[ox.Triple]], request: Mapping[str, Any], sheet: Sheet
) -> tuple[bytes, dict[str, Any]]:
    """Write what `answer` gives to a request onto a sheet, but for its last frame, and return that one."""
    try:
        refusal = _write(answer(), request, sheet)
        sheet.settle()
    except SyntaxError as error:
        return ERROR, {"reason": "syntax", **_position(error)}
    except ValueError as error:
        return ERROR, {"reason": "dataset", "message": str(error)}
    except _TooLarge as limit:
        return ERROR, {"reason": limit.args[0], "message": limit.args[1]}
    except MemoryError:
        return ERROR, {"reason": "memory", "message": ""}
    except (UnavailableError, OSError, RuntimeError) as error:
        return ERROR, {"reason": "failed", "message": str(error)}
    finally:
        sheet.drop()
    return refusal or (END, {"rows": sheet.rows})


def answer_of(store: Store, request: Mapping[str, Any]) -> Answer:
    """Let the store answer a request."""
    return store.query(
        request["query"],
        base_iri=request["base_iri"],
        default_graphs=request["default_graphs"],
        named_graphs=request["named_graphs"],
    )


def _write(
    answer: Answer | list[ox.Triple], request: Mapping[str, Any], sheet: Sheet
) -> tuple[bytes, dict[str, Any]] | None:
    """Write header and answer; return the error frame where the wanted formats cannot hold this kind of answer."""
    kind = "graph" if isinstance(answer, ox.QueryTriples | list) else "table"
    suffix = request[kind]
    if suffix is None:
        return ERROR, {"reason": "format", "message": kind}
    columns = [variable.value for variable in answer.variables] if isinstance(answer, ox.QuerySolutions) else []
    sheet.gather(HEADER, json.dumps({"kind": kind, "format": suffix, "columns": columns}).encode())
    sheet.begin(request, *(_ROW_MARKS.get(suffix, ()) if isinstance(answer, ox.QuerySolutions) else ()))
    file = cast("BinaryIO", sheet)
    if suffix == HTML.suffix:
        shown = _shown(answer, request)
        sheet.write(json.dumps(shown, ensure_ascii=False).encode())
        sheet.rows = len(shown.get("rows", ()))
        return None
    format_ = by_suffix(suffix)
    if format_ is None:
        raise LookupError(suffix)
    if not isinstance(answer, ox.QueryTriples | list):
        answer.serialize(file, format=format_.results)
        if isinstance(answer, ox.QueryBoolean):
            sheet.rows = 1
        elif sheet.ended_with(_NO_ROWS):
            sheet.rows = 0
    else:
        rest = iter(answer)
        first = list(islice(rest, _PREFIXES_FROM))
        prefixes = request["prefixes"]
        if len(first) < _PREFIXES_FROM:
            prefixes = used_prefixes(first, prefixes)
        ox.serialize(_counted(first, rest, sheet), file, format=format_.rdf, prefixes=prefixes)
    return None


def used_prefixes(triples: Iterable[ox.Triple], prefixes: dict[str, str]) -> dict[str, str]:
    """Return those of `prefixes` that some IRI of `triples` begins with."""
    iris = set()
    for triple in triples:
        for term in (triple.subject, triple.predicate, triple.object):
            if isinstance(term, ox.NamedNode):
                iris.add(term.value)
            elif isinstance(term, ox.Literal) and not term.language:
                iris.add(term.datatype.value)
    said = "\n" + "\n".join(iris)
    return {prefix: namespace for prefix, namespace in prefixes.items() if "\n" + namespace in said}


def _counted(first: list[ox.Triple], rest: Iterable[ox.Triple], sheet: Sheet) -> Iterator[ox.Triple]:
    for triple in chain(first, rest):
        sheet.rows += 1
        yield triple


def _shown(answer: Answer | list[ox.Triple], request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page shows: `boolean`, or `rows` of cells, or a `graph` as Turtle; `more` where it is not all."""
    limit = request["page_rows"]
    if isinstance(answer, ox.QueryBoolean):
        return {"boolean": bool(answer), "more": False}
    if isinstance(answer, ox.QueryTriples | list):
        triples = list(islice(answer, limit + 1))
        shown = triples[:limit]
        text = ox.serialize(shown, format=ox.RdfFormat.TURTLE, prefixes=used_prefixes(shown, request["prefixes"]))
        return {"graph": (text or b"").decode(), "more": len(triples) > limit}
    rows: list[list[dict[str, str] | None]] = []
    size = 0
    for solution in answer:
        if len(rows) == limit or size > PAGE_BYTES:
            return {"rows": rows, "more": True}
        cells = [None if term is None else _cell(term) for term in solution]
        size += sum(len(cell["text"]) for cell in cells if cell)
        rows.append(cells)
    return {"rows": rows, "more": False}


def _cell(term: Term) -> dict[str, str]:
    if isinstance(term, ox.NamedNode):
        return {"type": "iri", "text": term.value}
    if isinstance(term, ox.Literal):
        return {"type": "literal", "text": term.value, "language": term.language or "", "datatype": term.datatype.value}
    return {"type": "other", "text": str(term)}


def _position(error: SyntaxError) -> dict[str, Any]:
    """Return line and column, from 1, the parser's sentence where it has one, and the words that it expected."""
    found = _POSITION.fullmatch(str(error))
    if found is None:
        return {"message": str(error), "expected": [], "line": None, "column": None}
    message, expected = told(" ".join(found["message"].split()))
    return {"message": message, "expected": expected, "line": int(found["line"]), "column": int(found["column"])}


def told(message: str) -> tuple[str, list[str]]:
    """Return the sentence in what the parser says, "" where there is none, and the words that it expected.

    >>> told("expected one of Prefix not found, ['%'], ['.']")
    ('Prefix not found', [])
    >>> told('expected one of "$", "(", PREFIX, [_]')
    ('', ['$', '(', 'PREFIX'])
    """
    rest = message.removeprefix("expected").removeprefix(" one of").strip()
    if rest == message:
        return message, []
    listed = [part.strip().strip('"') for part in _WORD.findall(_CHARACTERS.sub("", rest)) if part.strip()]
    sentences = [part for part in listed if " " in part]
    return "; ".join(sentences), [part for part in listed if " " not in part]


if __name__ == "__main__":
    main()
