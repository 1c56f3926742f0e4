"""A Merkle tree over the events of the ledger (RFC 9162, section 2.1; the same as RFC 6962).

A leaf is ``SHA-256(0x00 || bytes)``, a node ``SHA-256(0x01 || left || right)``, and a tree of n leaves splits
at the largest power of two below n. Kept are complete subtrees only, which never change as the tree grows:
``(level, index)`` covers the ``2**level`` leaves from ``index * 2**level`` on. Every root and every proof of
any size follows from them.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_LEAF = b"\x00"
_NODE = b"\x01"


@dataclass(frozen=True, slots=True)
class Subtree:
    """The place of a complete subtree."""

    level: int
    index: int


class Span(NamedTuple):
    """The leaves ``start`` to before ``end``, counted from 0; one of the parts a tree splits into."""

    start: int
    end: int

    def subtrees(self) -> list[Subtree]:
        """The complete subtrees it is made of, from left to right and ever smaller."""
        start, found = self.start, []
        while start < self.end:
            level = (self.end - start).bit_length() - 1
            found.append(Subtree(level, start >> level))
            start += 1 << level
        return found

    def split(self) -> tuple["Span", "Span"]:
        """Its two halves; the left one is the largest complete subtree shorter than the whole."""
        middle = self.start + (1 << (self.end - self.start - 1).bit_length() - 1)
        return Span(self.start, middle), Span(middle, self.end)


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(_LEAF + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node with two children."""
    return hashlib.sha256(_NODE + left + right).digest()


def fold(subtrees: Sequence[bytes]) -> bytes:
    """The root over complete subtrees that stand side by side and get smaller, as of ``Span.subtrees``."""
    if not subtrees:
        return hashlib.sha256(b"").digest()
    *rest, root = subtrees
    for left in reversed(rest):
        root = node_hash(left, root)
    return root


class Frontier:
    """The right edge of a tree: all that is needed to let it grow and to know its root."""

    def __init__(self, size: int = 0, subtrees: Iterable[bytes] = ()) -> None:
        self.size = size
        self._subtrees = list(subtrees)

    def append(self, leaf: bytes) -> list[tuple[Subtree, bytes]]:
        """Add the hash of a leaf; gives the complete subtrees that now exist, the leaf first."""
        node, level = leaf, 0
        grown = [(Subtree(0, self.size), leaf)]
        while self.size >> level & 1:
            node = node_hash(self._subtrees.pop(), node)
            level += 1
            grown.append((Subtree(level, self.size >> level), node))
        self._subtrees.append(node)
        self.size += 1
        return grown

    def root(self) -> bytes:
        """The root of the leaves so far."""
        return fold(self._subtrees)


def inclusion_spans(index: int, size: int) -> list[Span]:
    """Whose roots prove that leaf ``index`` (from 0) lies in a tree of ``size`` leaves, the lowest first."""
    span, found = Span(0, size), []
    while span.end - span.start > 1:
        left, right = span.split()
        span, other = (left, right) if index < left.end else (right, left)
        found.append(other)
    return found[::-1]


def consistency_spans(first: int, second: int) -> list[Span]:
    """Whose roots prove that a tree of ``second`` leaves goes on from one of ``first``, the lowest first."""
    span, found = Span(0, second), []
    while span.end != first:
        left, right = span.split()
        span, other = (left, right) if first <= left.end else (right, left)
        found.append(other)
    # The root of the older tree itself is what the reader already has.
    return [*([] if span.start == 0 else [span]), *found[::-1]]


def roots_of(spans: Iterable[Span], nodes: Mapping[Subtree, bytes]) -> list[bytes]:
    """The roots of the spans, in order. Raises ``KeyError`` where a node is not among ``nodes``."""
    return [fold([nodes[subtree] for subtree in span.subtrees()]) for span in spans]
