"""Trains the members and the meta-model, chooses the weights, and writes down how good each is on rows that nothing was chosen by:
../models/<name>/1/model.onnx, ../cases.json, ../expected.json."""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEED = 30
OPSET = {"": 21, "ai.onnx.ml": 3}
HERE = Path(__file__).parent.parent
# What a scanner of low resolution cannot see.
FINE = ("texture", "smoothness", "fractal", "concave", "concavity")
CONTEXTS = ("standard", "low-resolution")
# Members in the order of their names, as an ensemble has them.
MEMBERS = ("forest", "linear", "shape")
GRID = (0.1, 0.25, 0.5, 1.0)  # Every member keeps a say.


def main():
    data = load_breast_cancer()
    features, labels = data.data, 1 - data.target  # 0 benign, 1 malignant
    names = list(data.feature_names)
    fine = [i for i, name in enumerate(names) if any(word in name for word in FINE)]
    coarse = [i for i in range(len(names)) if i not in fine]
    rest, test, rest_labels, test_labels = train_test_split(features, labels, test_size=0.3, stratify=labels, random_state=SEED)
    train, valid, train_labels, valid_labels = train_test_split(
        rest, rest_labels, test_size=2 / 7, stratify=rest_labels, random_state=SEED
    )
    blur = Blur(train, fine)

    estimators = {
        "forest": RandomForestClassifier(n_estimators=60, max_depth=6, random_state=SEED),
        "linear": make_pipeline(StandardScaler(), LogisticRegression(C=0.3)),
        "shape": make_pipeline(
            StandardScaler(), MLPClassifier((12,), alpha=1.0, max_iter=2000, random_state=SEED)
        ),
    }
    columns = {"forest": list(range(len(names))), "linear": list(range(len(names))), "shape": coarse}
    out_of_fold = []
    for member in MEMBERS:
        estimator, own = estimators[member], train[:, columns[member]]
        out_of_fold.append(cross_val_predict(estimator, own, train_labels, cv=5, method="predict_proba"))
        estimator.fit(own, train_labels)
        # risk-shape names its classes the other way round: the ensemble aligns them by their labels.
        order = [1, 0] if member == "shape" else [0, 1]
        save(f"risk-{member}", estimator, columns[member], len(names), "features", order)
    stack = LogisticRegression(C=1.0).fit(np.hstack(out_of_fold), train_labels)
    save("risk-stack", stack, list(range(6)), 6, "members", [0, 1])

    rng = np.random.default_rng(SEED)
    valid_rows = {"standard": rounded(valid), "low-resolution": rounded(blur(valid, rng))}
    test_rows = {"standard": rounded(test), "low-resolution": rounded(blur(test, rng))}
    weights = {context: choose(members_of(valid_rows[context]), valid_labels) for context in CONTEXTS}
    report = {"weights": weights, "contexts": {}}
    for context in CONTEXTS:
        members = members_of(test_rows[context])
        answers = {f"risk-{name}": members[i] for i, name in enumerate(MEMBERS)}
        answers["equal"] = vote(members, [1, 1, 1])
        answers["weighted"] = vote(members, [weights[context][name] for name in MEMBERS])
        answers["stack"] = run("risk-stack", np.hstack(members).astype(np.float32))
        report["contexts"][context] = {name: figures(p, test_labels) for name, p in answers.items()}
    (HERE / "expected.json").write_text(json.dumps(report, indent=2) + "\n")
    cases = {"features": names, "labels": test_labels.tolist()}
    cases["rows"] = {context: rows.tolist() for context, rows in test_rows.items()}
    (HERE / "cases.json").write_text(json.dumps(cases) + "\n")
    json.dump(report, sys.stdout, indent=2)


class Blur:
    """What a scanner of low resolution makes of the fine features: mostly their mean, and noise."""

    def __init__(self, rows, fine):
        self.fine, self.mean, self.std = fine, rows.mean(0), rows.std(0)

    def __call__(self, rows, rng):
        blurred = rows.copy()
        noise = rng.normal(0, 1.0, (len(rows), len(self.fine))) * self.std[self.fine]
        kept = 0.4 * (rows[:, self.fine] - self.mean[self.fine])
        blurred[:, self.fine] = np.maximum(0, self.mean[self.fine] + kept + noise)
        return blurred


def rounded(rows):
    return np.array([[float(f"{value:.6g}") for value in row] for row in rows], np.float32).round(6)


def save(name, estimator, columns, width, source, order):
    """One input, one output `probabilities`; the columns are picked and the classes are ordered inside the graph."""
    model = to_onnx(
        estimator,
        initial_types=[("picked", FloatTensorType([None, len(columns)]))],
        target_opset=OPSET,
        options={id(estimator): {"zipmap": False}},
    )
    graph = model.graph
    for node in graph.node:
        for i, output in enumerate(node.output):
            if output == "probabilities":
                node.output[i] = "unordered"
    needed, kept = {"unordered"}, []
    for node in reversed(graph.node):  # without the label that nobody asks for
        if needed & set(node.output):
            needed |= set(node.input)
            kept.insert(0, node)
    del graph.node[:]
    graph.node.extend(kept)
    graph.initializer.append(numpy_helper.from_array(np.array(columns, np.int64), "columns"))
    graph.initializer.append(numpy_helper.from_array(np.array(order, np.int64), "order"))
    graph.node.insert(0, helper.make_node("Gather", [source, "columns"], ["picked"], axis=1))
    graph.node.append(helper.make_node("Gather", ["unordered", "order"], ["probabilities"], axis=1))
    tensor = onnx.TensorProto.FLOAT
    del graph.input[:], graph.output[:]
    graph.input.append(helper.make_tensor_value_info(source, tensor, ["rows", width]))
    graph.output.append(helper.make_tensor_value_info("probabilities", tensor, ["rows", 2]))
    model.ir_version = 10
    onnx.checker.check_model(model, full_check=True)
    path = HERE / "models" / name / "1" / "model.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())


def run(name, rows):
    session = onnxruntime.InferenceSession(HERE / "models" / name / "1" / "model.onnx")
    return session.run(["probabilities"], {session.get_inputs()[0].name: rows})[0]


def members_of(rows):
    """Every member's probabilities in the ensemble's order of classes."""
    answers = [run(f"risk-{name}", rows) for name in MEMBERS]
    return [p[:, ::-1] if name == "shape" else p for name, p in zip(MEMBERS, answers)]


def vote(members, weights):
    return sum(w * p.astype(np.float64) for w, p in zip(weights, members)) / sum(weights)


def choose(members, labels):
    """The weights of the grid with the least log loss on the validation rows; the plainest of those that are as good."""
    tried = [(a, b, c) for a in GRID for b in GRID for c in GRID if max(a, b, c) == 1.0]
    best = min(tried, key=lambda w: (round(log_loss(vote(members, w), labels), 4), -sum(w)))
    return dict(zip(MEMBERS, best))


def log_loss(p, labels):
    own = np.clip(p[np.arange(len(labels)), labels], 1e-7, 1)
    return float(-np.log(own).mean())


def figures(p, labels):
    right = (p.argmax(1) == labels).mean()
    return {"accuracy": round(float(right), 4), "log_loss": round(log_loss(p, labels), 4)}


if __name__ == "__main__":
    main()
