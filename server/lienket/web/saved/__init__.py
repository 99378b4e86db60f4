"""The deployment's example queries, each at an address of its own, with what one may choose as arguments.

    /query  ─▶  /query/{name}?argument=…

They are data: `sh:SPARQLExecutable`s with `sh:parameter`s (<https://www.w3.org/TR/shacl-af/#SPARQLFunction>). What a
visitor chooses is read as a term and bound to the parameter's variable before the query runs.
"""
