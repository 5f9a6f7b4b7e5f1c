"""digit-locator: finds the ink on a page and answers one box per digit. Nothing in it is learned; every step is ONNX.

1. ink = how much darker a pixel is than the paper around it, above a threshold
2. connected strokes get one label each (the largest label of a stroke spreads along it until nothing changes)
3. a stroke too wide for one digit is cut in two where it is thinnest
4. small pieces (dirt) are dropped, the rest is sorted left to right
"""

import numpy as np
from onnx import helper

from graph import BOOL, FLOAT, INT64, UINT8, Graph, save, tensor

PAPER = 31  # Pixels: a window larger than a stroke is wide, so that its lightest part is paper.
FAINTEST = 36.0  # Grey levels of ink over paper: noise and printed lines lie below.
STRONG = 0.35  # Ink is at least this share of the page's darkest ink.
STROKES = 32  # The largest strokes that are looked at.
SMALLEST = 20.0  # Pixels of ink in a digit.
LOWEST = 10.0  # Pixels: the height of a digit...
LOW = 0.5  # ...and its height against the page's tallest.
WIDE = 1.0  # Width against height from which a stroke holds two digits.
ROUNDS = 512  # Steps for a label to spread; a few suffice for strokes as people write them.


def build(path):
    g = Graph()
    size = g.Shape("image")
    height, width = g.Slice(size, g.ints(0), g.ints(1)), g.Slice(size, g.ints(1), g.ints(2))

    # 1. Ink.
    page = g.Unsqueeze(g.cast("image", FLOAT), g.ints(0, 1))
    smooth = g.AveragePool(page, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    paper = smooth
    for op in ("MaxPool", "AveragePool"):
        for kernel in ([PAPER, 1], [1, PAPER]):
            pads = [k // 2 for k in kernel] * 2
            paper = g.node(op, [paper], kernel_shape=kernel, pads=pads)
    depth = g.Relu(g.Sub(paper, smooth))
    strongest = g.Max(g.ReduceMax(depth, keepdims=0), g.floats(1.0))
    threshold = g.Max(g.Mul(strongest, g.floats(STRONG)), g.floats(FAINTEST))
    ink = g.cast(g.Greater(depth, threshold), FLOAT)
    # A gap of a few pixels up or down is a skip of the pen, not a new stroke.
    linked = g.MaxPool(ink, kernel_shape=[5, 1], pads=[2, 0, 2, 0])

    # 2. Labels: every pixel starts with its own number, from 1.
    pixels = g.Mul(height, width)
    numbers = g.Range(g.const(1, np.int64), g.Add(g.Squeeze(pixels), g.const(1, np.int64)), g.const(1, np.int64))
    start = g.Mul(g.Reshape(g.cast(numbers, FLOAT), g.Shape(page)), linked)
    labels = g.Mul(spread(g, start, linked), ink)
    flat = g.cast(g.Reshape(labels, g.ints(-1)), INT64)
    unique, _, stroke_of, counts = g.Unique(flat, outputs=4, sorted=1)
    # The largest strokes get slots 0..31; paper and all else go to slot 32, which is dropped at the end.
    sizes = g.Where(g.Greater(unique, g.ints(0)), counts, g.ints(0))
    kept = g.Min(g.Shape(sizes), g.ints(STROKES))
    largest, which = g.TopK(sizes, kept, outputs=2)
    slots = g.Range(g.const(0, np.int64), g.Squeeze(kept), g.const(1, np.int64))
    slots = g.Where(g.Greater(largest, g.ints(0)), slots, g.ints(STROKES))
    slot_of_stroke = g.ScatterElements(g.Expand(g.ints(STROKES), g.Shape(sizes)), which, slots)
    slot = g.Gather(slot_of_stroke, stroke_of)

    # 3. Wide strokes: sum their ink by column, and cut at the lightest column of the middle half.
    index = g.Sub(numbers, g.const(1, np.int64))
    column, row = g.Mod(index, width), g.Div(index, width)
    flat_depth = g.Reshape(g.Mul(g.Div(depth, strongest), ink), g.ints(-1))
    left, top, right, bottom = bounds(g, slot, STROKES + 1, column, row)
    cells = g.Mul(width, g.ints(STROKES + 1))
    profile = g.ScatterElements(
        g.Expand(g.floats(0.0), cells), g.Add(g.Mul(slot, width), column), flat_depth, reduction="add"
    )
    profile = g.Reshape(profile, g.Concat(g.ints(STROKES + 1), width, axis=0))
    across = g.Range(g.const(0, np.int64), g.Squeeze(width), g.const(1, np.int64))
    wide, high = g.Sub(right, left), g.Sub(bottom, top)
    place = g.Sub(g.Unsqueeze(g.cast(across, FLOAT), g.ints(0)), g.Unsqueeze(left, g.ints(1)))
    place = g.Abs(g.Sub(g.Div(place, g.Unsqueeze(g.Max(wide, g.floats(1.0)), g.ints(1))), g.floats(0.5)))
    cost = g.Add(profile, g.Where(g.Less(place, g.floats(0.25)), g.Mul(place, g.floats(6.0)), g.floats(1e6)))
    thinnest = g.ArgMin(cost, axis=1, keepdims=0)
    cut = g.Where(g.Greater(wide, g.Mul(high, g.floats(WIDE))), thinnest, width)
    second = g.cast(g.GreaterOrEqual(column, g.Gather(cut, slot)), INT64)
    piece = g.Add(g.Mul(slot, g.ints(2)), second)

    # 4. Boxes.
    pieces = 2 * (STROKES + 1)
    left, top, right, bottom = bounds(g, piece, pieces, column, row)
    zeros = g.const(np.zeros(pieces), np.float32)
    area = g.ScatterElements(zeros, piece, g.Reshape(ink, g.ints(-1)), reduction="add")
    darkness = g.ScatterElements(zeros, piece, flat_depth, reduction="add")
    stroke = g.const(np.arange(pieces) < 2 * STROKES)  # Not the paper's slot.
    enough = g.And(stroke, g.GreaterOrEqual(area, g.floats(SMALLEST)))
    high = g.Where(enough, g.Sub(bottom, top), g.floats(0.0))
    tallest = g.ReduceMax(high, keepdims=0)
    digit = g.GreaterOrEqual(high, g.Max(g.Mul(tallest, g.floats(LOW)), g.floats(LOWEST)))
    found = g.ReduceSum(g.cast(digit, INT64), keepdims=1)
    _, order = g.TopK(g.Where(digit, left, g.floats(1e9)), found, outputs=2, largest=0, sorted=1)
    boxes = g.Concat(*[g.Unsqueeze(side, g.ints(1)) for side in (left, top, right, bottom)], axis=1)
    g.rename(g.Gather(boxes, order), "boxes")
    # The score is the mean darkness of the digit's ink, against the page's darkest.
    g.rename(g.Gather(g.Div(darkness, g.Max(area, g.floats(1.0))), order), "scores")

    save(
        g,
        "digit-locator",
        [tensor("image", UINT8, ["height", "width"])],
        [tensor("boxes", FLOAT, ["n", 4]), tensor("scores", FLOAT, ["n"])],
        path,
    )


def spread(g, start, linked):
    """A loop: each pixel takes the largest label next to it, then that label's own label, until nothing changes."""
    b = Graph("spread_")
    near = b.Mul(b.MaxPool("labels_in", kernel_shape=[3, 3], pads=[1, 1, 1, 1]), linked)
    flat = b.Reshape(near, b.ints(-1))
    table = b.Concat(b.const([0], np.float32), flat, axis=0)
    jumped = b.Reshape(b.Gather(table, b.cast(flat, INT64)), b.Shape("labels_in"))
    changed = b.Greater(b.ReduceMax(b.Sub(jumped, "labels_in"), keepdims=0), b.floats(0.0))
    b.rename(changed, "go_on")
    b.rename(jumped, "labels_out")
    shape = [1, 1, "height", "width"]
    body = helper.make_graph(
        b.nodes,
        "spread",
        [tensor("round", INT64, []), tensor("go", BOOL, []), tensor("labels_in", FLOAT, shape)],
        [tensor("go_on", BOOL, []), tensor("labels_out", FLOAT, shape)],
        b.initializers,
    )
    return g.Loop(g.const(ROUNDS, np.int64), g.const(True), start, body=body)


def bounds(g, group, groups, column, row):
    """The box around the pixels of each group, as four FLOAT [groups]."""
    sides = []
    for place, reduction in ((column, "min"), (row, "min"), (column, "max"), (row, "max")):
        none = np.full(groups, 1 << 30 if reduction == "min" else -1)
        side = g.ScatterElements(g.const(none, np.int64), group, place, reduction=reduction)
        side = g.Add(side, g.ints(1)) if reduction == "max" else side
        sides.append(g.cast(side, FLOAT))
    return sides
