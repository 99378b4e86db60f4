"""How well a name fits a name, and when one candidate is the one: rules that can be told to a person.

| how the names compare | score |
|---|---|
| written alike | 100 |
| the same but for small letters, spaces or the place of a tone mark | 98 |
| the same once abbreviations are written out | 95 |
| the same, typed without any marks | 90 |
| the same but for the marks: another name, as a rule | 70 |
| some words in common | up to 60, by their share of all words |

Another name than the label takes away 4, one without what stands in its brackets 8, being out of force 1.
Where properties are given too, they make up 30 of 100.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from lienket.languages import Language
from lienket.search import words_of

SURE: Final = 85.0
"""A name has to fit so well to be the one."""

AHEAD: Final = 5.0
"""The next candidate has to be so far behind."""

LEAST: Final = 20.0
"""What fits less is no candidate."""

_ALIKE, _SAME, _SPELLED_OUT, _BARE, _OTHER_MARKS, _WORDS = 100.0, 98.0, 95.0, 90.0, 70.0, 60.0
_OTHER_NAME: Final = 4.0
_WITHOUT_BRACKETS: Final = 8.0
_BRACKETS: Final = re.compile(r"\s*\([^()]*\)")
_ENDED: Final = 1.0
_OF_PROPERTIES: Final = 0.3


@dataclass(frozen=True)
class Candidate:
    """A thing that may be meant."""

    iri: str
    name: str
    kind: str | None
    ended: bool
    fits: float
    """How well its name fits."""
    properties: dict[str, bool] = field(default_factory=dict)
    """By property that was asked for: whether it says what was given; one of which it says nothing is left out."""

    @property
    def score(self) -> float:
        """How well all of it fits, up to 100."""
        fits = self.fits - _ENDED * self.ended
        if not self.properties:
            return fits
        share = 100.0 * sum(self.properties.values()) / len(self.properties)
        return round((1 - _OF_PROPERTIES) * fits + _OF_PROPERTIES * share, 1)


def fit(text: str, names: Iterable[tuple[str, bool]], languages: Sequence[Language]) -> float:
    """Return how well the best of a thing's `names` fits, each given with whether it is another name than the label."""
    fits = (
        _fit(text, each, pack) - _OTHER_NAME * other - less
        for name, other in names
        for each, less in ((name, 0.0), (_BRACKETS.sub("", name), _WITHOUT_BRACKETS))
        for pack in languages
    )
    return round(max(fits, default=0.0), 1)


def _fit(text: str, name: str, pack: Language) -> float:
    typed, known = pack.clean(text), pack.clean(name)
    if typed == known:
        return _ALIKE
    if pack.name_key(typed) == pack.name_key(known):
        return _SAME
    if pack.name_key(pack.spelled_out(typed)) == pack.name_key(pack.spelled_out(known)):
        return _SPELLED_OUT
    key, known_key = pack.key(pack.spelled_out(typed)), pack.key(pack.spelled_out(known))
    if words_of(key) == words_of(known_key):
        return _BARE if pack.key(typed) == typed.lower() else _OTHER_MARKS
    words, others = set(words_of(key)), set(words_of(known_key))
    return _WORDS * 2 * len(words & others) / (len(words) + len(others)) if words and others else 0.0


def winner(candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the one that is meant, None where that is not clear.

    Its name has to be the same, no property may speak against it, and the next has to be well behind.
    """
    ranked = sorted(candidates, key=lambda each: -each.score)
    if not ranked or ranked[0].fits < SURE or not all(ranked[0].properties.values()):
        return None
    rest = [each.score for each in ranked[1:]]
    return ranked[0] if not rest or ranked[0].score - rest[0] >= AHEAD else None
