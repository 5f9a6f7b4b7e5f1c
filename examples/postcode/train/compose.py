"""Draws a page: digits of 8x8 cells become pen strokes on paper, each with its own size, slant and baseline."""

import numpy as np
from scipy import ndimage


def draw(digit, rng):
    """An 8x8 digit (0..16) as ink: float [h, w], 0 = paper, 1 = full ink, trimmed to its ink."""
    cells = np.pad(digit.reshape(8, 8) / 16.0, 3)
    scale = rng.uniform(2.9, 3.9)
    stretch = rng.uniform(0.88, 1.15)
    slant = rng.normal(0.0, 0.1)
    turn = rng.normal(0.0, 0.05)
    size = 64
    back = np.array([[1, 0], [slant, 1]]) @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = np.diag([1 / scale, 1 / (scale * stretch)]) @ back
    centre = (np.array(cells.shape) - 1) / 2
    offset = centre - matrix @ np.array([size / 2, size / 2])
    grey = ndimage.affine_transform(cells, matrix, offset, (size, size), order=3, mode="constant")
    edge = rng.uniform(0.2, 0.34)  # Thick or thin pen.
    ink = np.clip((grey - edge) / 0.3, 0, 1)
    ink = ink * ink * (3 - 2 * ink)
    ys, xs = np.nonzero(ink > 0.35)
    return ink[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]


def page(digits, rng, touching=False):
    """Composes a page of these digits, left to right -> (uint8 [height, width], [[x0, y0, x1, y1], ...])."""
    width = int(rng.integers(220, 261))
    height = int(rng.integers(64, 97))
    drawn = [draw(digit, rng) for digit in digits]
    gaps = rng.uniform(3, 11, max(len(drawn) - 1, 0)).round().astype(int)
    if touching and len(gaps):
        gaps[rng.integers(len(gaps))] = -int(rng.integers(0, 3))
    total = sum(ink.shape[1] for ink in drawn) + gaps.sum()
    gaps = np.minimum(gaps, 4) if total > width - 16 else gaps
    total = sum(ink.shape[1] for ink in drawn) + gaps.sum()
    width = max(width, int(total) + 16)

    ink = np.zeros((height, width))
    boxes = []
    x = int(rng.integers(8, max(9, width - total - 7)))
    tallest = max([i.shape[0] for i in drawn], default=28)
    middle = height / 2 + rng.uniform(-1, 1) * max(0, (height - tallest) / 2 - 8)
    tilt = rng.normal(0, 0.02)
    for k, one in enumerate(drawn):
        h, w = one.shape
        y = round(middle + tilt * (x - width / 2) + rng.normal(0, 1.5) + (tallest - h) / 2 - h / 2)
        y = int(np.clip(y, 3, height - h - 3))
        ink[y : y + h, x : x + w] = np.maximum(ink[y : y + h, x : x + w], one)
        boxes.append([x, y, x + w, y + h])
        x += w + (int(gaps[k]) if k < len(gaps) else 0)

    paper = rng.uniform(212, 238) + 6 * bumps((height, width), 25, rng) + rng.normal(0, 6) * np.linspace(-1, 1, width)
    if rng.random() < 0.4:  # A faint printed line to write on.
        paper[int(np.clip(middle + tallest / 2 + 2, 0, height - 1))] -= rng.uniform(6, 14)
    for _ in range(rng.poisson(1.5)):  # Specks.
        sy, sx = rng.integers(0, height), rng.integers(0, width)
        paper[sy : sy + 2, sx : sx + rng.integers(1, 3)] -= rng.uniform(15, 60)
    strength = rng.uniform(95, 175) * (1 + 0.08 * bumps((height, width), 4, rng))
    grey = ndimage.gaussian_filter(paper - strength * ink, 0.5) + rng.normal(0, 3.5, (height, width))
    # Steps of 6 grey levels, so that the PNG stays small.
    return np.clip(np.round(grey / 6) * 6, 0, 255).astype(np.uint8), boxes


def bumps(shape, sigma, rng):
    """Smooth noise of unit variance."""
    noise = ndimage.gaussian_filter(rng.normal(size=shape), sigma, mode="wrap")
    return noise / (noise.std() + 1e-9)
