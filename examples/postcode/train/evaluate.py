"""Runs the whole pipeline on the test pages and prints how well it reads them."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline import READERS, Model, crop, match, read

PAGES = Path(__file__).parent.parent / "pages"


def main():
    locate = Model("digit-locator")
    readers = [Model(name) for name in READERS]
    entries = json.loads((PAGES / "labels.json").read_text())
    total = found = spurious = 0
    right = np.zeros(len(readers) + 1, int)  # Each reader's digits, then the ensemble's.
    pages_right = 0
    for entry in entries:
        image = np.asarray(Image.open(PAGES / entry["file"]))
        boxes, _ = locate(image=image)
        probabilities = read(readers, crop(image, boxes))
        votes = [*probabilities.argmax(-1), probabilities.mean(0).argmax(-1)]
        text = "".join(map(str, votes[-1]))
        pages_right += text == entry["text"]

        # A digit counts as read if its box was found (IoU >= 0.5) and the label of that box is right.
        nearest, iou = match(entry["boxes"], boxes)
        good = iou >= 0.5
        truth = np.array(list(entry["text"]), int)
        total += len(truth)
        found += good.sum()
        spurious += len(boxes) - len(set(nearest[good].tolist()))
        for k, vote in enumerate(votes):
            right[k] += (vote[nearest[good]] == truth[good]).sum()

    print(f"pages             {len(entries)}, with {total} digits")
    print(f"box recall        {found / total:.1%} ({found}/{total}) at IoU 0.5, {spurious} boxes without a digit")
    for name, count in zip((*READERS, "ensemble"), right):
        print(f"{name:<17} {count / total:.1%} ({count}/{total}) of the digits")
    print(f"whole pages       {pages_right / len(entries):.1%} ({pages_right}/{len(entries)})")


if __name__ == "__main__":
    main()
