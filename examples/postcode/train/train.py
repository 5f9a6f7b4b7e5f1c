"""Builds and trains all four models: ../models/<name>/1/model.onnx. Needs split.json (prepare.py writes it)."""

import json
import time
from pathlib import Path

import numpy as np
import onnx
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel

import cnn
import locator
from compose import page
from graph import FLOAT, IR_VERSION, Graph, save, tensor
from pipeline import MODELS, Model, crop, match

SEED = 64
COPIES = 24  # How often each training digit is drawn, each time another way.


def main():
    started = time.time()
    rng = np.random.default_rng(SEED)
    images, labels = load_digits(return_X_y=True)
    chosen = json.loads((Path(__file__).parent / "split.json").read_text())["train"]
    images, labels = images[chosen], labels[chosen]

    def path(name):
        made = MODELS / name / "1" / "model.onnx"
        made.parent.mkdir(parents=True, exist_ok=True)
        return made

    locator.build(path("digit-locator"))
    pixels, digits = crops(images, labels, rng)
    print(f"{len(pixels)} crops of {len(images)} digits, {time.time() - started:.0f} s", flush=True)

    # Every leaf of every tree holds ten numbers: the limits keep the file small.
    forest = ExtraTreesClassifier(60, max_leaf_nodes=360, max_features=12, random_state=SEED, n_jobs=-1)
    forest.fit(pixels, digits)
    convert(forest, path("digits-forest"))
    print(f"forest, {time.time() - started:.0f} s", flush=True)

    build_kernel(pixels, digits, rng, path("digits-kernel"))
    print(f"kernel, {time.time() - started:.0f} s", flush=True)

    cnn.build(cnn.train(pixels, digits, rng), path("digits-cnn"))
    for file in sorted(MODELS.glob("*/1/model.onnx")):
        print(f"{file.parent.parent.name}: {file.stat().st_size / 1e6:.2f} MB")
    print(f"{time.time() - started:.0f} s in all")


def crops(images, labels, rng):
    """Draws pages of training digits, locates and crops them as the pipeline does -> (pixels [n, 64], labels [n])."""
    locate = Model("digit-locator")
    pixels, digits = [], []
    for _ in range(COPIES):
        order = rng.permutation(len(images))
        for first in range(0, len(order), 5):
            row = order[first : first + 5]
            image, truth = page(images[row], rng, touching=rng.random() < 0.1)
            boxes, _ = locate(image=image)
            nearest, iou = match(truth, boxes)
            good = iou >= 0.5
            pixels.append(crop(image, boxes[nearest[good]]) if good.any() else np.zeros((0, 64), np.float32))
            digits.append(labels[row][good])
    return np.concatenate(pixels), np.concatenate(digits)


def convert(model, path):
    """Writes a scikit-learn classifier with one input, `pixels`, and one output, `probabilities`."""
    made = convert_sklearn(
        model,
        initial_types=[("pixels", FloatTensorType([None, 64]))],
        target_opset={"": 21, "ai.onnx.ml": 3},
        options={id(model): {"zipmap": False}},
    )
    graph = made.graph
    kept = [output for output in graph.output if output.name == "probabilities"]
    del graph.output[:]
    graph.output.extend(kept)
    # Drop what only the label needed.
    needed = {"probabilities"}
    nodes = []
    for node in reversed(graph.node):
        if needed & set(node.output):
            nodes.insert(0, node)
            needed |= set(node.input)
    del graph.node[:]
    graph.node.extend(nodes)
    used = [i for i in graph.initializer if i.name in needed]
    del graph.initializer[:]
    graph.initializer.extend(used)
    made.ir_version = IR_VERSION
    onnx.checker.check_model(made, full_check=True)
    path.write_bytes(made.SerializeToString())


def build_kernel(pixels, digits, rng, path):
    """Logistic regression on the likeness (RBF kernel) of a digit to 1,500 training crops."""
    landmarks = pixels[rng.choice(len(pixels), 1500, replace=False)]
    gamma = 3 / (64 * pixels.var())
    model = LogisticRegression(C=3, max_iter=150)
    model.fit(rbf_kernel(pixels, landmarks, gamma=gamma), digits)
    g = Graph()
    # |x - l|^2 = |x|^2 - 2 x.l + |l|^2
    lengths = g.ReduceSumSquare("pixels", g.ints(1), keepdims=1)
    products = g.MatMul("pixels", g.const(landmarks.T, np.float32))
    squares = g.const((landmarks**2).sum(1), np.float32)
    distances = g.Add(g.Sub(lengths, g.Mul(products, g.floats(2.0))), squares)
    features = g.Exp(g.Mul(distances, g.floats(-gamma)))
    logits = g.Add(g.MatMul(features, g.const(model.coef_.T, np.float32)), g.const(model.intercept_, np.float32))
    g.rename(g.Softmax(logits, axis=1), "probabilities")
    save(g, "digits-kernel", [tensor("pixels", FLOAT, ["n", 64])], [tensor("probabilities", FLOAT, ["n", 10])], path)


if __name__ == "__main__":
    main()
