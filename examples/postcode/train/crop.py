"""The same algorithm as ../crop.ts, in numpy: training must see exactly what the pipeline will see."""

import numpy as np

SIDE = 8
FULL = 16
MARGIN = 2


def crop(image, boxes):
    """image: uint8 [height, width]; boxes: float [n, 4] -> float32 [n, 64], ink 0..16."""
    height, width = image.shape
    digits = np.zeros((len(boxes), SIDE * SIDE), np.float32)
    for n, box in enumerate(np.asarray(boxes, np.float64)):
        x0, y0, x1, y1 = np.clip(np.floor(box + 0.5), 0, [width, height, width, height]).astype(int)
        if x1 <= x0 or y1 <= y0:
            continue
        around = image[max(y0 - MARGIN, 0) : y1 + MARGIN, max(x0 - MARGIN, 0) : x1 + MARGIN]
        ordered = np.sort(around, axis=None).astype(np.float64)
        paper, ink = (ordered[(ordered.size - 1) * p // 100] for p in (90, 5))
        amount = (paper - image[y0:y1, x0:x1]) / max(paper - ink, 1)
        amount = np.clip((amount - 0.15) / 0.7, 0, 1)
        longer = max(x1 - x0, y1 - y0)
        cells = overlaps(y1 - y0, longer) @ amount @ overlaps(x1 - x0, longer).T
        digits[n] = FULL * cells.ravel()
    return digits


def overlaps(length, longer):
    """[8, length]: the share of each cell that each pixel covers, the pixels centred in a square of `longer`."""
    cell = longer / SIDE
    pixel = (longer - length) / 2 + np.arange(length)
    start = np.arange(SIDE)[:, None] * cell
    covered = np.minimum(start + cell, pixel + 1) - np.maximum(start, pixel)
    return np.clip(covered, 0, None) / cell
