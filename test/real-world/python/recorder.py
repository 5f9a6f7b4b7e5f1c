"""Writes the mesh folder, and beside it what each model is asked and what ONNX Runtime answers in Python."""

import base64
import json
import shutil
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
import onnxruntime as ort

# Declared shapes that are not true are a line each.
ort.set_default_logger_severity(3)

DATATYPES = {
    "bool": "BOOL", "int8": "INT8", "int16": "INT16", "int32": "INT32", "int64": "INT64",
    "uint8": "UINT8", "uint16": "UINT16", "uint32": "UINT32", "uint64": "UINT64",
    "float16": "FP16", "float32": "FP32", "float64": "FP64", "bfloat16": "BF16",
}  # fmt: skip

CALLS = 8
"""Of each model: as many as callers at once in the test."""


class Recorder:
    """`tool` is also the service that the models run in, so that each tool is one process of the mesh."""

    def __init__(self, folder: Path):
        self.mesh = folder / "mesh"
        self.folder = folder
        self.cases = []
        shutil.rmtree(folder, ignore_errors=True)

    def path(self, model: str) -> Path:
        """Where the file of `model` belongs, for tools that write it themselves."""
        path = self.mesh / "models" / model / "1" / "model.onnx"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def save(self, model: str, proto: onnx.ModelProto) -> None:
        self.path(model).write_bytes(proto.SerializeToString())

    def copy(self, model: str, source: Path) -> None:
        shutil.copyfile(source, self.path(model))

    def ask(self, tool: str, model: str, feeds, *, either=None) -> None:
        """`feeds(rng, index)` makes the inputs of a call; `either(feed)` what else than the runtime's own answer may stand in each place."""
        rng = np.random.default_rng(len(self.cases))
        run = runner(self.path(model))
        calls = []
        for index in range(CALLS):
            feed = feeds(rng, index)
            outputs = [told(name, value) for name, value in run(feed).items()]
            if either is not None:
                for output, values in zip(outputs, either(feed), strict=True):
                    output["either"] = [told(output["name"], value)["data"] for value in values]
            calls.append({"inputs": [told(name, value) for name, value in feed.items()], "outputs": outputs})
        self.cases.append({"tool": tool, "model": model, "calls": calls})

    def close(self) -> None:
        services = {}
        for case in self.cases:
            services.setdefault(case["tool"], []).append(case["model"])
        # JSON is YAML.
        document = {"services": {tool: {"models": models} for tool, models in services.items()}}
        (self.mesh / "mesh.yaml").write_text(json.dumps(document, indent=2))
        (self.folder / "cases.json").write_text(json.dumps(self.cases))


def told(name: str, value: np.ndarray) -> dict:
    """A tensor as the protocol has it, its raw bytes in base64."""
    value = np.asarray(value)
    if value.dtype.kind in "OUS":
        texts = [str(text).encode() for text in value.reshape(-1)]
        data = b"".join(len(text).to_bytes(4, "little") + text for text in texts)
        datatype = "BYTES"
    else:
        data = np.ascontiguousarray(value).tobytes()
        datatype = DATATYPES[value.dtype.name]
    return {"name": name, "datatype": datatype, "shape": list(value.shape), "data": base64.b64encode(data).decode()}


def runner(path: Path):
    """Answers what runs the file: inputs by name in, tensors by name out; a map of each row comes as a tensor [rows, classes]."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1  # As the service has by default; sums of several threads may differ in the last bit.
    graph = onnx.load(path, load_external_data=False).graph
    types = {info.name: info.type for info in [*graph.input, *graph.output]}
    narrow = [name for name, kind in types.items() if kind.tensor_type.elem_type == onnx.TensorProto.BFLOAT16]
    source = widened(path, narrow) if narrow else str(path)
    session = ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    classes = {node.output[0]: class_labels(node) for node in graph.node if node.op_type == "ZipMap"}

    def run(feed: dict) -> dict:
        wide = {name: value.astype(np.float32) if name in narrow else value for name, value in feed.items()}
        answers = dict(zip(names, session.run(names, wide), strict=True))
        # A sequence that is not a map for each row has no tensor.
        answers = {name: value for name, value in answers.items() if name in classes or isinstance(value, np.ndarray)}
        for name, value in answers.items():
            if name in narrow:
                answers[name] = value.astype(ml_dtypes.bfloat16)
            elif name in classes:
                rows = [[row[label] for label in classes[name]] for row in value]
                answers[name] = np.array(rows, np.float32).reshape(len(rows), len(classes[name]))
        return answers

    return run


def class_labels(zipmap: onnx.NodeProto) -> list:
    attribute = next(attribute for attribute in zipmap.attribute if attribute.name.startswith("classlabels"))
    return [text.decode() for text in attribute.strings] or list(attribute.ints)


def widened(path: Path, narrow: list[str]) -> bytes:
    """The runtime's Python takes and gives no bfloat16, so the same graph with a cast at its edges, which loses nothing."""
    model = onnx.load(path)
    graph = model.graph
    for name in narrow:
        inner = f"{name}_bfloat16"
        inputs = [info for info in graph.input if info.name == name]
        for node in graph.node:
            for field in (node.input, node.output):
                field[:] = [inner if value == name else value for value in field]
        if inputs:
            graph.node.insert(0, onnx.helper.make_node("Cast", [name], [inner], to=onnx.TensorProto.BFLOAT16))
        else:
            graph.node.append(onnx.helper.make_node("Cast", [inner], [name], to=onnx.TensorProto.FLOAT))
        for info in [*graph.input, *graph.output]:
            if info.name == name:
                info.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    return model.SerializeToString()


def rows_of(index: int) -> int:
    """How many rows call `index` has: one most often, as in life."""
    return [1, 3, 1, 7, 1, 2, 16, 1][index % CALLS]
