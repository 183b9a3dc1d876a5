"""The delta algebra: pure, and compiled by mypyc where a compiled core for exactly this source lies beside it."""

from octavo.delta import schema, wire
from octavo.delta.content import Content
from octavo.delta.delta import Delta, DeltaBuilder
from octavo.delta.ops import Delete, Insert, Op, Retain

__all__ = ["Content", "Delete", "Delta", "DeltaBuilder", "Insert", "Op", "Retain", "schema", "wire"]
