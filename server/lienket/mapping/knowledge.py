"""What compiling learns from the loaded tables: columns made once, and conditions that hold for every row.

Rules are compiled twice. The first time asks: may this cell be empty, has that text to be escaped, is every one of
these a date? One pass over each table answers, and the second time writes nothing that is never needed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .sources import Table


@dataclass(frozen=True)
class Questions:
    """Conditions on the rows of a table, and the query whose one row tells of each whether it always holds."""

    table: Table
    conditions: tuple[str, ...]

    @property
    def sql(self) -> str:
        """SELECT of a truth value for each condition; what is neither true nor false of a row does not count."""
        answers = ", ".join(f"coalesce(bool_and({condition}), true)" for condition in self.conditions)
        return f"SELECT {answers} FROM {self.table.identifier} AS c"


class Knowledge:
    """Remembers what is asked and known of tables; conditions and columns name the table `c`."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._asked: dict[str, dict[str, bool | None]] = {}
        self._made: dict[str, dict[str, tuple[str, int]]] = {}
        self._tables: dict[str, Table] = {}
        self._prepared: dict[str, int] = {}
        self.complete = False
        """Whether all questions are answered."""

    def always(self, table: Table, condition: str) -> bool:
        """Tell whether a condition is known to hold for every row; if not, it is a question."""
        self._tables[table.identifier] = table
        return bool(self._asked.setdefault(table.identifier, {}).setdefault(condition, None))

    def questions(self) -> Iterator[Questions]:
        """Yield what has been asked and not been answered."""
        for identifier, conditions in self._asked.items():
            still = tuple(condition for condition, answer in conditions.items() if answer is None)
            if still:
                yield Questions(self._tables[identifier], still)

    def learn(self, questions: Questions, answers: Iterable[bool]) -> None:
        """Take in the answers."""
        self._asked[questions.table.identifier].update(zip(questions.conditions, answers, strict=True))

    def column(self, table: Table, sql: str) -> str:
        """Return the name of the column that holds what an expression gives; it is to be made."""
        self._tables[table.identifier] = table
        made = self._made.setdefault(table.identifier, {})
        level = 1 + max((level for name, level in made.values() if f"c.{name}" in sql), default=0)
        return made.setdefault(sql, (f"m{len(made)}_", level))[0]

    def preparations(self) -> Iterator[str]:
        """Yield the statements that add the columns that are not made yet; one that reads another is made from it."""
        for identifier, made in self._made.items():
            new = list(made.items())[self._prepared.get(identifier, 0) :]
            if not new:
                continue
            loaded = None if identifier in self._prepared else self._tables[identifier].loaded
            self._prepared[identifier] = len(made)
            inner = identifier
            for level in sorted({level for _, (_, level) in new}):
                columns = ", ".join(f"{sql} AS {name}" for sql, (name, its) in new if its == level)
                inner = f"(SELECT *, {columns} FROM {inner} AS c)"
            yield f"CREATE TABLE {identifier}_made AS SELECT * FROM {inner}"
            yield from (f"DROP VIEW {identifier}", f"DROP TABLE {loaded}") if loaded else (f"DROP TABLE {identifier}",)
            yield f"ALTER TABLE {identifier}_made RENAME TO {identifier}"
