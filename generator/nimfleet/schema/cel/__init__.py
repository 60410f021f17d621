"""Rules of CRDs in the Common Expression Language (``x-kubernetes-validations``), compiled to Python.

From text to verdict: :mod:`~nimfleet.schema.cel.parser` makes a tree of :mod:`~nimfleet.schema.cel.syntax`,
:mod:`~nimfleet.schema.cel.codegen` gives it types (:mod:`~nimfleet.schema.cel.types`) and turns it into one
Python function, and :mod:`~nimfleet.schema.cel.rules` runs the functions where a document has values for them.
"""
