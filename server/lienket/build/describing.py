"""Describes the classes of a release for those who know no RDF, from its shapes and its ontology; see `classes`.

A class is what a shape targets. It has the properties of the shapes of its superclasses too, as SHACL has it: a shape
holds for the things of every subclass (<https://www.w3.org/TR/shacl/#targetClass>).
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Final

import pyoxigraph as ox
import rdflib

from lienket.classes import KINDS, RESERVED, RESERVED_CLASSES, Class, Kind, Property, label_property
from lienket.content import Content
from lienket.store import Store
from lienket.validation.shapes import PredicatePath, PropertyShape, Shape
from lienket.validation.terms import node_of
from lienket.vocabulary import GEO, LABEL_PREDICATES, LOCN, RDFS, SH, SKOS

GEOMETRY_PREDICATES: Final = (GEO + "hasDefaultGeometry", GEO + "hasGeometry", LOCN + "geometry", GEO + "hasCentroid")
"""What leads from a thing to a geometry, the best to show first."""

_GEOMETRIES: Final = f"""SELECT DISTINCT ?class ?predicate WHERE {{
  VALUES ?predicate {{ {" ".join(f"<{iri}>" for iri in GEOMETRY_PREDICATES)} }}
  ?thing ?predicate ?geometry .
  ?geometry <{GEO}asWKT> ?text .
  ?thing a ?class
}}"""

_LAST: Final = 1e9
"""The order of a property that no shape gives one."""

_Texts = dict[str, str]


def described(content: Content, store: Store, base_iri: str) -> list[Class]:
    """Return the classes that the shapes describe, by name; `store` tells which of their things lie somewhere."""
    return _Reader(content, base_iri).classes(_geometries(store))


def _geometries(store: Store) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in store.select(_GEOMETRIES):
        if isinstance(row["class"], ox.NamedNode) and isinstance(row["predicate"], ox.NamedNode):
            found.setdefault(row["class"].value, set()).add(row["predicate"].value)
    return found


class _Reader:
    def __init__(self, content: Content, base_iri: str) -> None:
        self._graph = content.shapes.graph
        self._shapes = content.shapes.roots
        self._own = base_iri + "ontology/"
        self._prefixes = content.ontology.prefixes
        self._said: dict[tuple[str, str], _Texts] = {}
        self._wider: dict[str, set[str]] = {}
        for triple in content.ontology.triples:
            subject, predicate, object_ = triple.subject, triple.predicate.value, triple.object
            if isinstance(subject, ox.NamedNode) and isinstance(object_, ox.Literal):
                texts = self._said.setdefault((subject.value, predicate), {})
                texts[object_.language or ""] = min(object_.value, texts.get(object_.language or "", object_.value))
            elif (
                predicate == RDFS + "subClassOf"
                and isinstance(subject, ox.NamedNode)
                and isinstance(object_, ox.NamedNode)
            ):
                self._wider.setdefault(subject.value, set()).add(object_.value)

    def classes(self, geometries: Mapping[str, set[str]]) -> list[Class]:
        targeted = sorted(self._targets)
        found = {iri: self._properties(iri) for iri in targeted}
        names = _names(targeted, self._own, self._prefixes, RESERVED_CLASSES, _class_name)
        classes = []
        for iri in targeted:
            members = sorted(each for each in {*self._wider, iri} if iri in self._and_wider(each))
            leading = {each for member in members for each in geometries.get(member, ())}
            property_names = _names(sorted(found[iri]), self._own, self._prefixes, RESERVED, _property_name)
            shape = next((shape for shape in self._targets[iri] if self._texts(shape, "name")), None)
            classes.append(
                Class(
                    names[iri],
                    iri,
                    tuple(members),
                    self._said.get((iri, RDFS + "label")) or (self._texts(shape, "name") if shape else {}),
                    self._said.get((iri, SKOS + "definition"), {}),
                    (
                        label_property(),
                        *(replace(each, name=property_names[path]) for path, each in found[iri].items()),
                    ),
                    tuple(each for each in GEOMETRY_PREDICATES if each in leading),
                )
            )
        return sorted(classes, key=lambda each: each.name)

    @cached_property
    def _targets(self) -> dict[str, list[Shape]]:
        """Return the shapes that target each class."""
        found: dict[str, list[Shape]] = {}
        for shape in self._shapes:
            for target in shape.targets:
                if target.kind == "class" and target.term.startswith("<") and not shape.deactivated:
                    found.setdefault(target.term[1:-1], []).append(shape)
        return found

    def _and_wider(self, iri: str) -> set[str]:
        """Return a class and all its superclasses."""
        found, waiting = {iri}, [iri]
        while waiting:
            new = self._wider.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return found

    def _properties(self, iri: str) -> dict[str, Property]:
        """Return the properties of a class by predicate, in the order that the shapes want."""
        stated: dict[str, list[PropertyShape]] = {}
        for each in self._and_wider(iri):
            for shape in self._targets.get(each, ()):
                for part in _property_shapes(shape):
                    path = part.path.predicate[1:-1] if isinstance(part.path, PredicatePath) else ""
                    if path and path not in (RDFS + "label", *GEOMETRY_PREDICATES):
                        stated.setdefault(path, []).append(part)
        orders = {path: min(map(self._order, shapes)) for path, shapes in stated.items()}
        return {
            path: self._property(path, stated[path]) for path in sorted(stated, key=lambda path: (orders[path], path))
        }

    def _property(self, path: str, shapes: Iterable[PropertyShape]) -> Property:
        """Return a property; what a shape does not demand but only advises is no promise."""
        demanded: dict[str, set[str]] = {}
        labels: _Texts = {}
        for shape in sorted(shapes, key=lambda shape: shape.node):
            labels = labels or self._texts(shape, "name")
            if shape.severity == SH + "Violation":
                for constraint in shape.constraints:
                    demanded.setdefault(constraint.component, set()).update(constraint.terms or ("",))
        datatype = min(demanded.get("Datatype", ()), default="")[1:-1]
        return Property(
            "",
            (path,),
            _kind(path, datatype, demanded),
            datatype,
            single="UniqueLang" in demanded or "1" in map(_integer, demanded.get("MaxCount", ())),
            required=any(_integer(count) not in ("", "0") for count in demanded.get("MinCount", ())),
            labels=labels or self._said.get((path, RDFS + "label"), {}),
            descriptions=self._said.get((path, SKOS + "definition"), {}),
        )

    def _order(self, shape: Shape) -> float:
        orders = [float(str(each)) for each in self._graph.objects(node_of(shape.node), rdflib.SH.order)]
        return min(orders, default=_LAST)

    def _texts(self, shape: Shape, name: str) -> _Texts:
        texts = self._graph.objects(node_of(shape.node), rdflib.SH[name])
        found = sorted((text.language or "", str(text)) for text in texts if isinstance(text, rdflib.Literal))
        return dict(reversed(found))


def _property_shapes(shape: Shape) -> Iterator[PropertyShape]:
    """Yield the property shapes that hold for every thing that a shape holds for."""
    for constraint in shape.constraints if not shape.deactivated else ():
        for inner in constraint.shapes:
            if constraint.component == "Property" and isinstance(inner, PropertyShape) and not inner.deactivated:
                yield inner
            elif constraint.component in ("Node", "And"):
                yield from _property_shapes(inner)


def _integer(term: str) -> str:
    return term.partition("^^")[0].strip('"').lstrip("+")


def _kind(path: str, datatype: str, demanded: Mapping[str, set[str]]) -> Kind:
    if datatype:
        return KINDS.get(datatype, "any")
    if "LanguageIn" in demanded or "UniqueLang" in demanded or path in LABEL_PREDICATES:
        return "text"
    kinds = demanded.get("NodeKind", set())
    return "link" if "Class" in demanded or f"<{SH}IRI>" in kinds else "any"


def _class_name(local: str) -> str:
    return re.sub(r"\W+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", local)).strip("-").lower()


def _property_name(local: str) -> str:
    return re.sub(r"\W+", "_", local).strip("_")


def _names(
    iris: Iterable[str], own: str, prefixes: Mapping[str, str], reserved: Iterable[str], write: Callable[[str], str]
) -> dict[str, str]:
    """Return a name for each IRI: its local name, with a prefix where another has it too or it means something else.

    The deployment's own terms come first, so that what is taken in from elsewhere never renames them.
    """
    listed = list(iris)
    local = {iri: write(re.split(r"[/#:]", iri.rstrip("/#"))[-1]) for iri in listed}
    taken = set(reserved)
    counts = Counter(local[iri] for iri in listed if not iri.startswith(own))
    names: dict[str, str] = {}
    for iri in sorted(listed, key=lambda iri: (not iri.startswith(own), iri)):
        name = local[iri]
        if not name or name in taken or (not iri.startswith(own) and counts[name] > 1):
            spaces = {prefix: space for prefix, space in prefixes.items() if iri.startswith(space)}
            prefix = max(spaces, key=lambda prefix: len(spaces[prefix]), default="")
            name = write(f"{prefix} {local[iri]}")
        if not name or name in taken:
            name = write(f"{name or 'term'} {hashlib.sha256(iri.encode()).hexdigest()[:6]}")
        taken.add(name)
        names[iri] = name
    return names
