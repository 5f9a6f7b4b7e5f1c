"""Splits the digits once and composes the test pages from the held-out part: ../pages/*.png and labels.json.

A held-out digit is drawn at most once and never trained on; split.json records which they are.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from compose import page

SEED = 1998
HERE = Path(__file__).parent
PAGES = HERE.parent / "pages"


def main():
    images, labels = load_digits(return_X_y=True)
    train, held_out = train_test_split(np.arange(len(labels)), test_size=500, random_state=SEED, stratify=labels)
    (HERE / "split.json").write_text(
        json.dumps({"train": sorted(map(int, train)), "heldOut": sorted(map(int, held_out))}) + "\n"
    )

    rng = np.random.default_rng(SEED)
    counts = [5] * 84 + [0, 0, 1, 2, 3, 3, 4, 4, 6, 6, 7, 7]
    rng.shuffle(counts)
    touching = set(rng.choice([n for n, count in enumerate(counts) if count == 5], 8, replace=False).tolist())
    unused = iter(rng.permutation(held_out).tolist())

    PAGES.mkdir(exist_ok=True)
    for old in PAGES.glob("*.png"):
        old.unlink()
    entries = []
    for n, count in enumerate(counts):
        chosen = [next(unused) for _ in range(count)]
        image, boxes = page(images[chosen], rng, touching=n in touching)
        file = f"{n:03}.png"
        Image.fromarray(image).save(PAGES / file, optimize=True)
        entries.append({"file": file, "text": "".join(str(labels[i]) for i in chosen), "boxes": boxes})
    lines = ",\n".join("  " + json.dumps(entry) for entry in entries)
    (PAGES / "labels.json").write_text(f"[\n{lines}\n]\n")
    print(f"{len(entries)} pages, {sum(counts)} digits, {len(touching)} pages with touching digits")


if __name__ == "__main__":
    main()
