"""The tree against the words of the standard, its known values, and the script outsiders check with.

Known values: the eight leaves and the roots and proofs over them that implementations of RFC 6962 share.
"""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.scripts import verify_ledger

from ocop_api.ledger.tree import (
    Frontier,
    Span,
    Subtree,
    consistency_spans,
    inclusion_spans,
    leaf_hash,
    roots_of,
)

MOST = 130
KNOWN_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
KNOWN_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def grown(leaves: Sequence[bytes]) -> tuple[dict[Subtree, bytes], list[bytes]]:
    """The nodes of the tree of the leaves, and its root at each size from 0."""
    frontier = Frontier()
    nodes: dict[Subtree, bytes] = {}
    roots = [frontier.root()]
    for leaf in leaves:
        nodes.update(frontier.append(leaf_hash(leaf)))
        roots.append(frontier.root())
    return nodes, roots


LEAVES = [b"leaf %d" % number for number in range(MOST)]
NODES, ROOTS = grown(LEAVES)
sizes = st.integers(1, MOST)


def flipped(value: bytes, bit: int) -> bytes:
    bit %= len(value) * 8
    return value[: bit // 8] + bytes([value[bit // 8] ^ 1 << bit % 8]) + value[bit // 8 + 1 :]


def test_roots_are_those_of_the_definition_at_every_size() -> None:
    assert [naive_root(LEAVES[:size]) for size in range(MOST + 1)] == ROOTS
    assert len(NODES) == sum(MOST >> level for level in range(8))


def test_a_tree_goes_on_from_its_stored_nodes() -> None:
    for size in range(MOST):
        frontier = Frontier(size, [NODES[subtree] for subtree in Span(0, size).subtrees()])
        assert frontier.root() == ROOTS[size]
        assert dict(frontier.append(leaf_hash(LEAVES[size]))).items() <= NODES.items()
        assert frontier.root() == ROOTS[size + 1]


def test_the_known_tree_has_the_known_roots() -> None:
    _, roots = grown(KNOWN_LEAVES)
    assert [root.hex() for root in roots[1:]] == KNOWN_ROOTS
    assert roots[0].hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("first", "second", "path"),
    [
        (1, 1, ""),
        (1, 8, "96a296d2 5f083f0a 6b47aaf2"),
        (6, 8, "0ebc5d34 ca854ea1 d37ee418"),
        (2, 5, "5f083f0a bc1a0643"),
    ],
)
def test_the_known_tree_has_the_known_consistency_proofs(first: int, second: int, path: str) -> None:
    nodes, _ = grown(KNOWN_LEAVES)
    found = roots_of(consistency_spans(first, second), nodes)
    assert [node.hex()[:8] for node in found] == path.split()


@pytest.mark.parametrize(
    ("index", "path"), [(0, "96a296d2 5f083f0a 6b47aaf2"), (5, "bc1a0643 ca854ea1 d37ee418")]
)
def test_the_known_tree_has_the_known_audit_paths(index: int, path: str) -> None:
    nodes, _ = grown(KNOWN_LEAVES)
    assert [node.hex()[:8] for node in roots_of(inclusion_spans(index, 8), nodes)] == path.split()


def test_every_leaf_is_proven_in_every_tree() -> None:
    script = verify_ledger()
    for size in range(1, MOST + 1):
        for index in range(size):
            path = roots_of(inclusion_spans(index, size), NODES)
            assert len(path) <= (size - 1).bit_length()
            assert script.included(LEAVES[index], index + 1, path, size, ROOTS[size]), (index, size)


def test_every_tree_is_proven_to_go_on_from_every_smaller_one() -> None:
    script = verify_ledger()
    for second in range(1, MOST + 1):
        for first in range(1, second + 1):
            path = roots_of(consistency_spans(first, second), NODES)
            assert script.consistent(first, second, path, ROOTS[first], ROOTS[second]), (first, second)


@given(st.data(), sizes, st.integers(0))
def test_a_changed_bit_of_an_inclusion_proof_is_refused(data: st.DataObject, size: int, bit: int) -> None:
    script = verify_ledger()
    index = data.draw(st.integers(0, size - 1))
    path = roots_of(inclusion_spans(index, size), NODES)
    assert not script.included(flipped(LEAVES[index], bit), index + 1, path, size, ROOTS[size])
    assert not script.included(LEAVES[index], index + 1, path, size, flipped(ROOTS[size], bit))
    for number, node in enumerate(path):
        changed = [*path[:number], flipped(node, bit), *path[number + 1 :]]
        assert not script.included(LEAVES[index], index + 1, changed, size, ROOTS[size])
        shorter = [*path[:number], *path[number + 1 :]]
        assert not script.included(LEAVES[index], index + 1, shorter, size, ROOTS[size])
    assert not script.included(LEAVES[index], index + 1, [*path, ROOTS[size]], size, ROOTS[size])


@given(st.data(), sizes)
def test_a_leaf_is_proven_at_its_own_place_only(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = roots_of(inclusion_spans(index, size), NODES)
    fits = verify_ledger().included
    places = [seq for seq in range(-1, size + 2) if fits(LEAVES[index], seq, path, size, ROOTS[size])]
    assert places == [index + 1]


@given(st.data(), sizes, st.integers(0))
def test_a_changed_bit_of_a_consistency_proof_is_refused(data: st.DataObject, second: int, bit: int) -> None:
    script = verify_ledger()
    first = data.draw(st.integers(1, second))
    path = roots_of(consistency_spans(first, second), NODES)
    assert not script.consistent(first, second, path, flipped(ROOTS[first], bit), ROOTS[second])
    assert not script.consistent(first, second, path, ROOTS[first], flipped(ROOTS[second], bit))
    for number, node in enumerate(path):
        for changed in ([*path[:number], flipped(node, bit), *path[number + 1 :]], path[:number]):
            assert not script.consistent(first, second, changed, ROOTS[first], ROOTS[second])
    assert not script.consistent(first, second, [*path, ROOTS[0]], ROOTS[first], ROOTS[second])


@given(st.data(), sizes)
def test_another_past_is_never_consistent(data: st.DataObject, second: int) -> None:
    first = data.draw(st.integers(1, second))
    changed = data.draw(st.integers(0, first - 1))
    _, other = grown([*LEAVES[:changed], b"another", *LEAVES[changed + 1 : first]])
    path = roots_of(consistency_spans(first, second), NODES)
    assert not verify_ledger().consistent(first, second, path, other[first], ROOTS[second])
