"""Finds the focus nodes of a shape, all of them or those that a sieve leaves."""

from collections.abc import Sequence
from typing import Final

from .compile import KINDS, Compiler
from .query import listed
from .session import CONTEXT, DATA, OWN, Session
from .shapes import Constraint, Shape
from .sieve import SUBJECT, RowWise, Sieve, units

FOCUS: Final = "lk_sh_focus"
"""Table (node) of the focus nodes that were found last."""
NEAR: Final = "lk_sh_near"
"""Relation, as `OWN` is, of all triples of the focus nodes that a sieve has left."""

_OUTSIDE: Final = "lk_sh_outside"
_ROWS: Final = "lk_sh_rows"
_OTHERS: Final = "lk_sh_others"
_APART: Final = "lk_sh_apart"


class FocusNodes:
    """Makes the table `FOCUS` for one shape after the other."""

    def __init__(
        self, session: Session, compiler: Compiler, roots: Sequence[Shape], records: Sequence[RowWise], scattered: str
    ) -> None:
        """Look for what holds for all shapes: targets outside of the data, and subjects of more than one row.

        `scattered` is SQL (subject) of the subjects that other rows than those of `records` speak of.
        """
        self._session = session
        self._compiler = compiler
        self._types = session.types()
        self._has_context = session.holds_rows(CONTEXT)
        self._outside = self._find_outside(roots)
        self._sieves = [Sieve(each, compiler.classes) for each in records]
        if records:
            self._set_apart(records, scattered)

    def find(self, number: int, shape: Shape) -> bool:
        """Find all focus nodes of the shape at a place; tell whether there are any."""
        if number not in self._outside and not self._compiler.may_have_targets(shape, self._types):
            return False
        targets = self._compiler.targets(shape, DATA)
        parts = [f"SELECT node FROM {_OUTSIDE} WHERE shape = {number}", *([targets] if targets else [])]
        self._session.make(FOCUS, f"SELECT DISTINCT node FROM ({' UNION ALL '.join(parts)})")
        return self._session.holds_rows(FOCUS)

    def sift(self, number: int, shape: Shape) -> frozenset[Constraint]:
        """Find the focus nodes that break a constraint, of those that rows answer; return these constraints.

        Nodes of which a row does not tell all are among the focus nodes, whatever they are.
        """
        sieves = [sieve for sieve in self._sieves if sieve.may_be_target(shape)]
        answered = [
            (of, constraint)
            for of, constraint in (units(shape) if sieves else ())
            if all(sieve.answers(of, constraint) for sieve in sieves)
        ]
        if not answered:
            return frozenset()
        apart = f"hash({SUBJECT}) IN (FROM {_APART})"
        found = (sieve.suspects(shape, answered, apart) for sieve in sieves)
        self._session.make(_ROWS, " UNION ALL ".join(f"FROM ({each})" for each in found))
        self._find_others(number, shape)
        further = f"SELECT t.* FROM {OWN} AS t SEMI JOIN {_OTHERS} AS o ON o.node = t.subject"
        near = f"FROM {_ROWS} UNION ALL {further}" if self._session.holds_rows(_OTHERS) else f"FROM {_ROWS}"
        self._session.make(NEAR, near, kind="VIEW")
        self._session.make(FOCUS, f"SELECT DISTINCT subject AS node FROM {_ROWS} UNION FROM {_OTHERS}")
        return frozenset(constraint for _, constraint in answered)

    def _find_outside(self, roots: Sequence[Shape]) -> set[int]:
        """Make the table of targets that the data does not make such: named by a shape, or known from the context.

        With a context only those are meant that the data speaks of. Returns the places of the shapes that have any.
        """
        parts = ["SELECT 0 AS shape, '' AS node WHERE false"]
        for number, shape in enumerate(roots):
            named = [target.term for target in shape.targets if target.kind == "node"]
            known = self._compiler.targets(shape, CONTEXT) if self._has_context else None
            nodes = [*([f"SELECT unnest([{listed(named)}]) AS node"] if named else []), *([known] if known else [])]
            parts += [f"SELECT {number} AS shape, node FROM ({each})" for each in nodes]
        self._session.make(_OUTSIDE, f"SELECT DISTINCT shape, node FROM ({' UNION ALL '.join(parts)})")
        if self._has_context and self._session.holds_rows(_OUTSIDE):
            spoken_of = f"SELECT subject AS node FROM {DATA} UNION ALL SELECT object FROM {DATA}"
            joined = f"({spoken_of}) AS d JOIN {_OUTSIDE} AS o ON o.node = d.node"
            self._session.make(_OUTSIDE, f"SELECT DISTINCT o.shape, o.node FROM {joined}")
        return {number for (number,) in self._session.ask(f"SELECT DISTINCT shape FROM {_OUTSIDE}")}

    def _set_apart(self, records: Sequence[RowWise], scattered: str) -> None:
        """Make the table of the hashes of subjects of which one row does not tell all.

        A hash may stand for another subject, too, which is then looked at closely without need.
        """
        rows = " UNION ALL ".join(f"SELECT hash({each.subject}) AS hash FROM {each.sources}" for each in records)
        self._session.make(
            _APART,
            f"SELECT hash FROM ({rows}) GROUP BY hash HAVING count(*) > 1 "
            f"UNION SELECT hash(subject) FROM ({scattered}) UNION SELECT hash(subject) FROM {CONTEXT}",
        )

    def _find_others(self, number: int, shape: Shape) -> None:
        """Make the table of the focus nodes that no single row tells of."""
        parts = [f"SELECT node FROM {_OUTSIDE} WHERE shape = {number}"]
        subjects = self._compiler.targets(shape, DATA, [kind for kind in KINDS if kind != "objectsOf"])
        parts += [f"SELECT node FROM ({subjects}) WHERE hash(node) IN (FROM {_APART})"] if subjects else []
        objects = self._compiler.targets(shape, DATA, ["objectsOf"])
        parts += [objects] if objects else []
        self._session.make(_OTHERS, f"SELECT DISTINCT node FROM ({' UNION ALL '.join(parts)})")
