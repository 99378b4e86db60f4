"""Reads shapes out of a graph of RDF; whatever contradicts SHACL is a fault that names file and shape."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal

import rdflib
from rdflib import RDF, RDFS, BNode, URIRef
from rdflib.namespace import SH, XSD

from ..errors import Fault, Faults
from .comparisons import kind_of
from .parameters import EXPECTED, NODE_KINDS, PARAMETERS, Parameter
from .path_reader import IllFormedError, read_list, read_path
from .patterns import PatternError, to_re2
from .shapes import Constraint, NodeShape, Path, PredicatePath, PropertyShape, Shape, Target
from .terms import plain, term

Node = rdflib.term.Node

TARGETS: Final[Mapping[str, Literal["class", "node", "subjectsOf", "objectsOf"]]] = {
    "targetClass": "class",
    "targetNode": "node",
    "targetSubjectsOf": "subjectsOf",
    "targetObjectsOf": "objectsOf",
}
"""Parameter → kind of the target it states."""

_TRUE: Final = f'"true"^^<{XSD.boolean}>'


def read_model(graph: rdflib.Graph, file_of: Callable[[Node], str]) -> tuple[Shape, ...]:
    """Return the shapes of a graph that have targets; `file_of` tells in which file a node is spoken of.

    Raises `InputError` with every fault: what contradicts SHACL, refers to itself, or is no regular expression.
    """
    reader = _ShapeReader(graph, file_of)
    shapes = [reader.shape(node, None) for node in reader.stated()]
    reader.faults.raise_if_any()
    return tuple(shape for shape in shapes if shape.targets)


class _ShapeReader:
    def __init__(self, graph: rdflib.Graph, file_of: Callable[[Node], str]) -> None:
        self.faults = Faults()
        self._graph = graph
        self._file_of = file_of
        self._known: dict[Node, Shape] = {}
        self._open: list[Node] = []
        self._components = _own_components(graph)

    def stated(self) -> list[Node]:
        """Return what is called a shape or has a target; what a shape refers to is read with it."""
        found = {node for type_ in (SH.NodeShape, SH.PropertyShape) for node in self._graph.subjects(RDF.type, type_)}
        found |= {node for name in TARGETS for node in self._graph.subjects(SH[name])}
        return sorted(found, key=term)

    def shape(self, node: Node, name: str | None) -> Shape:
        """Return a shape; `name` is the parameter that refers to it."""
        if node in self._open:
            others = " → ".join(map(self._name, (*self._open[self._open.index(node) :], node)))
            self._add(Fault("{shape} refers to itself ({others}); shapes may not be recursive",
                            values={"others": others}), node)  # fmt: skip
            return NodeShape(term(node), self._file_of(node))
        if node not in self._known:
            self._open.append(node)
            self._known[node] = self._read(node)
            self._open.pop()
        shape = self._known[node]
        if name == "node" and isinstance(shape, PropertyShape):
            self._add(Fault("{shape} is a property shape, and sh:node takes node shapes"), node)
        if name == "property" and not isinstance(shape, PropertyShape):
            self._add(Fault("{shape} is a property shape without a sh:path"), node)
        return shape

    def _read(self, node: Node) -> Shape:
        path = self._path(node)
        for name, parameter in PARAMETERS.items():
            number = len(set(self._graph.objects(node, SH[name])))
            if number and path is None and not parameter.on_node_shapes:
                self._add(Fault("{shape} is a node shape, so it may have no sh:{name}", values={"name": name}), node)
            if number > 1 and not parameter.many:
                self._add(Fault("{shape} has {number} values of sh:{name}, where one is allowed",
                                values={"number": number, "name": name}), node)  # fmt: skip
            if (
                number
                and parameter.needs
                and not any((node, SH[each], None) in self._graph for each in parameter.needs)
            ):
                needed = " / ".join(f"sh:{each}" for each in parameter.needs)
                self._add(Fault("{shape} has sh:{name}, which says nothing without {needed}",
                                values={"name": name, "needed": needed}), node)  # fmt: skip
        severities = self._values(node, "severity")
        about = (
            term(node),
            self._file_of(node),
            tuple(self._targets(node)),
            tuple(self._constraints(node)),
            str(severities[0]) if severities else str(SH.Violation),
            _by_language(self._values(node, "message")),
            _TRUE in map(term, self._values(node, "deactivated")),
        )
        return NodeShape(*about) if path is None else PropertyShape(*about, path=path)

    def _path(self, node: Node) -> Path | None:
        stated = list(self._graph.objects(node, SH.path))
        if (node, RDF.type, SH.NodeShape) in self._graph and stated:
            self._add(Fault("{shape} is a node shape, so it may have no sh:{name}", values={"name": "path"}), node)
        if (node, RDF.type, SH.PropertyShape) in self._graph and not stated:
            self._add(Fault("{shape} is a property shape without a sh:path"), node)
        if len(stated) > 1:
            self._add(Fault("{shape} has {number} values of sh:{name}, where one is allowed",
                            values={"number": len(stated), "name": "path"}), node)  # fmt: skip
        try:
            return read_path(self._graph, stated[0]) if stated else None
        except IllFormedError as error:
            self._add(Fault("the path of {shape} cannot be read: {meaning}", values={"meaning": str(error)}), node)
            return PredicatePath(term(RDF.nil))

    def _targets(self, node: Node) -> Iterator[Target]:
        for name, kind in TARGETS.items():
            yield from (Target(kind, term(value)) for value in self._values(node, name))
        classes = self._graph.transitive_subjects(RDFS.subClassOf, RDFS.Class)
        if isinstance(node, URIRef) and any((node, RDF.type, class_) in self._graph for class_ in classes):
            yield Target("class", term(node))

    def _constraints(self, node: Node) -> Iterator[Constraint]:
        """Yield the constraints in the order of the table, then those of components that the shapes define."""
        for name, parameter in PARAMETERS.items():
            if parameter.component is not None:
                for value in self._values(node, name):
                    yield from self._constraint(node, parameter, value)
        for component, (paths, optional) in self._components.items():
            if all((node, path, None) in self._graph for path in paths - optional):
                yield Constraint(component)

    def _constraint(self, node: Node, parameter: Parameter, value: Node) -> Iterator[Constraint]:
        component = parameter.component or ""
        match parameter.kind:
            case "boolean":  # "1" is true by its datatype and not by SHACL, which asks for the term
                terms = self._allowed(node) if parameter.name == "closed" else ()
                if term(value) == _TRUE:
                    yield Constraint(component, terms)
            case "shape":
                yield Constraint(component, shapes=(self.shape(value, parameter.name),))
            case "shapes":
                shapes = (self.shape(member, parameter.name) for member in read_list(self._graph, value))
                yield Constraint(component, shapes=tuple(shapes))
            case "strings" | "terms":
                yield Constraint(component, tuple(map(term, read_list(self._graph, value))))
            case _ if parameter.name == "pattern":
                yield from self._pattern(node, value)
            case _ if parameter.name.startswith("qualified"):
                yield from self._qualified(node, component, value)
            case _:
                yield Constraint(component, (term(value),))

    def _pattern(self, node: Node, value: Node) -> Iterator[Constraint]:
        flags = "".join(map(str, self._values(node, "flags")))
        try:
            to_re2(str(value), flags)
        except PatternError as error:
            self._add(Fault("sh:pattern of {shape} cannot be read at {found}: {meaning}", text=str(value),
                            values={"found": error.found, "meaning": error.meaning}), node)  # fmt: skip
        else:
            yield Constraint("Pattern", (str(value), flags))

    def _qualified(self, node: Node, component: str, count: Node) -> Iterator[Constraint]:
        """Yield the constraint with the value shape, and after it those of its siblings that values may not have."""
        disjoint = _TRUE in map(term, self._values(node, "qualifiedValueShapesDisjoint"))
        for value in self._values(node, "qualifiedValueShape"):
            siblings = {
                other
                for parent in self._graph.subjects(SH.property, node)
                for sibling in self._graph.objects(parent, SH.property)
                for other in self._graph.objects(sibling, SH.qualifiedValueShape)
                if disjoint and other != value
            }
            shapes = (self.shape(each, "qualifiedValueShape") for each in (value, *sorted(siblings, key=term)))
            yield Constraint(component, (term(count),), tuple(shapes))

    def _allowed(self, node: Node) -> tuple[str, ...]:
        """Return the predicates that sh:closed allows."""
        properties = self._graph.objects(node, SH.property)
        paths = {path for each in properties for path in self._graph.objects(each, SH.path)}
        for head in self._values(node, "ignoredProperties"):
            paths |= set(read_list(self._graph, head))
        return tuple(sorted(term(path) for path in paths if isinstance(path, URIRef)))

    def _values(self, node: Node, name: str) -> list[Node]:
        """Return the values of a parameter that are of its kind; the others are faults."""
        kind = PARAMETERS[name].kind
        values = sorted(set(self._graph.objects(node, SH[name])), key=term)
        for value in values:
            if not self._fits(kind, value):
                self._add(Fault("sh:{name} of {shape} must be {expected}", text=plain(term(value)),
                                values={"name": name, "expected": EXPECTED[kind]}), node)  # fmt: skip
        return [value for value in values if self._fits(kind, value)]

    def _fits(self, kind: str, value: Node) -> bool:
        match kind:
            case "iri":
                return isinstance(value, URIRef)
            case "kind":
                return value in {SH[name] for name in NODE_KINDS}
            case "node":
                return not isinstance(value, BNode)
            case "shape":
                return not isinstance(value, rdflib.Literal)
            case "query":
                return len(list(self._graph.objects(value, SH.select))) == 1
            case "integer":
                return _has_datatype(value, XSD.integer) and str(value).isascii() and str(value).lstrip("+").isdigit()
            case "boolean":
                return _has_datatype(value, XSD.boolean) and str(value) in ("true", "false", "1", "0")
            case "string":
                return _has_datatype(value, XSD.string)
            case "text":
                return _has_datatype(value, XSD.string) or (isinstance(value, rdflib.Literal) and bool(value.language))
            case "bound":
                return kind_of(term(value)) is not None
            case "iris" | "strings" | "shapes" | "terms":
                try:
                    members = read_list(self._graph, value)
                except IllFormedError:
                    return False
                return kind == "terms" or all(self._fits(kind.removesuffix("s"), member) for member in members)
        return True

    def _name(self, node: Node) -> str:
        """Return what a person may find a shape by; one without a name is found in the shape that refers to it."""
        if isinstance(node, URIRef):
            return f"<{node}>"
        path = self._graph.value(node, SH.path)
        own = f"[ sh:path <{path}> ]" if isinstance(path, URIRef) else "[ … ]"
        named = [each for each in self._open if isinstance(each, URIRef)]
        return f"{own} in <{named[-1]}>" if named else own

    def _add(self, fault: Fault, node: Node) -> None:
        values = {"shape": self._name(node), **fault.values}
        fault = Fault(fault.message, self._file_of(node), text=fault.text, values=values)
        if str(fault) not in map(str, self.faults.found):
            self.faults.found.append(fault)


def _has_datatype(value: Node, datatype: URIRef) -> bool:
    return isinstance(value, rdflib.Literal) and not value.language and (value.datatype or XSD.string) == datatype


def _by_language(messages: list[Node]) -> dict[str, str]:
    """Return texts by language; several of one language are one text."""
    found: dict[str, list[str]] = {}
    for message in messages:
        if isinstance(message, rdflib.Literal):
            found.setdefault(message.language or "", []).append(str(message))
    return {language: " ".join(texts) for language, texts in found.items()}


def _own_components(graph: rdflib.Graph) -> dict[str, tuple[set[Node], set[Node]]]:
    """Return the components that the shapes define: all parameters of each, and those that may be left out."""
    found: dict[str, tuple[set[Node], set[Node]]] = {}
    for component, parameter in graph.subject_objects(SH.parameter):
        paths, optional = found.setdefault(str(component), (set(), set()))
        stated = set(graph.objects(parameter, SH.path))
        paths |= stated
        if _TRUE in map(term, graph.objects(parameter, SH.optional)):
            optional |= stated
    return found
