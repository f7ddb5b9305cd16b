"""How two pictures of one page are laid side by side: a block of the one beside the same block of the other. Pure, without Pillow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

import msgspec

from auditor.evidence.areas import Areas, Block
from auditor.evidence.spot import Box

_NEAR = 16.0  # CSS pixels by which browsers may set things apart
_SIDEWAYS = 0.05  # of the way from the side: widths of texts add up
_LINE = 2.2  # of the letters' size
_FARTHEST = 1_000_000.0


class Node(msgspec.Struct):
    """A block with those in it."""

    block: Block
    children: list[Node] = []

    @property
    def box(self) -> Box:
        return self.block.box


class Pair(msgspec.Struct, frozen=True):
    """A block in both pictures (`first`, `second`), or in one alone. `moved`: it stands elsewhere in the block around it."""

    first: Node | None
    second: Node | None
    moved: bool = False


def trees(areas: Areas) -> list[Node]:
    """The outermost blocks; a page's scripts may have made what they like of the boxes."""
    nodes = [Node(block) for block in areas.blocks]
    roots = []
    for place, node in enumerate(nodes):
        if not believable(node.box):
            continue
        parent = node.block.parent
        if 0 <= parent < place:
            nodes[parent].children.append(node)
        else:
            roots.append(node)
    return roots


def believable(box: Box) -> bool:
    return all(math.isfinite(value) and abs(value) < _FARTHEST for value in box) and box[2] >= 0 and box[3] >= 0


def paired(first: Sequence[Node], second: Sequence[Node], one: Box, other: Box) -> Iterator[Pair]:
    """Blocks of two lists side by side, within the boxes `one` and `other` around them."""
    pairs = list(_matched(first, second))
    taller = abs(one[3] - other[3])
    wrapped = False
    grown = taller  # what a longer text above moves down is not elsewhere
    for a, b in pairs:
        if a is None or b is None:
            grown += (a or b).box[3] if (a or b) else 0  # type: ignore[union-attr]
            yield Pair(a, b)
            continue
        across, down = a.box[0] - one[0], a.box[1] - one[1]
        sideways = abs(across - (b.box[0] - other[0]))
        upright = abs(down - (b.box[1] - other[1]))
        far = _NEAR + abs(one[2] - other[2]) + _SIDEWAYS * max(across, 0)
        # a text may be set in its middle or at its end
        far += abs(a.box[2] - b.box[2]) if a.block.kind == "text" else 0
        line = _LINE * max(a.block.font_px, 10.0)
        # words that follow each other wrap elsewhere, those after them too, and the block around them is a line taller at most
        if a.block.kind == "text" and taller <= line and upright <= line + grown:
            wrapped = wrapped or upright > line / 4
        else:
            wrapped = False
        yield Pair(a, b, not wrapped and (sideways > far or upright > _NEAR + grown))
        grown += abs(a.box[3] - b.box[3])


def _matched(first: Sequence[Node], second: Sequence[Node]) -> Iterator[tuple[Node | None, Node | None]]:
    """By label in their order; what is left between two that match goes together by kind and tag."""
    names = [[node.block.label for node in nodes] for nodes in (first, second)]
    for what, a0, a1, b0, b1 in SequenceMatcher(None, names[0], names[1], autojunk=False).get_opcodes():
        if what == "equal":
            yield from zip(first[a0:a1], second[b0:b1], strict=True)
            continue
        left = list(second[b0:b1])
        for node in first[a0:a1]:
            same = next((one for one in left if one.block.kind == node.block.kind and _tag(one) == _tag(node)), None)
            if same is not None:
                left.remove(same)
            yield node, same
        for node in left:
            yield None, node


def _tag(node: Node) -> str:
    return node.block.label.partition(" ")[0].partition("#")[0].partition(".")[0]
