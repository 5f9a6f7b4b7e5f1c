"""Names and shapes as tools write them, on graphs of one or two nodes made with onnx.helper."""

import numpy as np
import onnx
from onnx import TensorProto, helper
from recorder import Recorder, rows_of

TOOL = "named"
FLOAT = TensorProto.FLOAT


def info(name: str, shape) -> onnx.ValueInfoProto:
    """`shape` is None where the file says nothing of it."""
    return helper.make_tensor_value_info(name, FLOAT, shape)


def model(nodes, inputs, outputs, initializers=()) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "graph", inputs, outputs, initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def doubled(x: str, y: str, shape_in, shape_out) -> onnx.ModelProto:
    return model([helper.make_node("Add", [x, x], [y])], [info(x, shape_in)], [info(y, shape_out)])


def record(recorder: Recorder) -> None:
    pairs = {
        "tensorflow-names": ("serving_default_input:0", "StatefulPartitionedCall:0"),
        "scoped-names": ("scope/inner/x", "scope/inner/y"),
        "spaced-names": ("sepal length (cm)", "petal, width [cm]"),
        "number-names": ("0", "1"),
        "reserved-names": ("constructor", "__proto__"),
        "letter-names": ("naïve ☃", "日本語"),
        "dotted-names": ("l_x_.1", "onnx::Add_0"),
    }
    for name, (x, y) in pairs.items():
        recorder.save(name, doubled(x, y, ["batch", 3], ["batch", 3]))
        recorder.ask(TOOL, name, lambda rng, index, x=x: {x: normal(rng, rows_of(index), 3)})
    shapes(recorder)
    hundreds(recorder)
    files(recorder)


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(size=shape).astype(np.float32)


def shapes(recorder: Recorder) -> None:
    for name, shape_in, shape_out in (
        ("two-symbols", ["unk__6", 3], ["unk__7", 3]),
        ("made-up-symbol", ["batch", 3], ["Addy_dim_0", 3]),
        ("question-marks", ["?", "?"], ["?", "?"]),
        ("no-output-shape", ["batch", 3], None),
        ("no-shapes", None, None),
        ("wrong-output-shape", ["batch", 3], [1, 3]),
        ("nameless-axes", [None, None], [None, None]),
    ):
        recorder.save(name, doubled("x", "y", shape_in, shape_out))
        recorder.ask(TOOL, name, lambda rng, index: {"x": normal(rng, rows_of(index), 3)})
    recorder.save("scalar", doubled("x", "y", [], []))
    recorder.ask(TOOL, "scalar", lambda rng, index: {"x": np.array(rng.normal(), np.float32)})


def hundreds(recorder: Recorder) -> None:
    names = [f"head/{n}:0" for n in range(200)]
    split = helper.make_node("Split", ["x"], names, axis=1, num_outputs=200)
    wide = model([split], [info("x", ["batch", 200])], [info(name, ["batch", 1]) for name in names])
    wide.opset_import[0].version = 18
    recorder.save("two-hundred-outputs", wide)
    recorder.ask(TOOL, "two-hundred-outputs", lambda rng, index: {"x": normal(rng, rows_of(index), 200)})


def files(recorder: Recorder) -> None:
    """A file for each tensor, as PyTorch's older exporter writes what is above 2 GiB."""
    weights = np.random.default_rng(0).normal(size=(2, 64, 64)).astype(np.float32)
    tensors = [onnx.numpy_helper.from_array(w, f"encoder.layer.{n}.weight") for n, w in enumerate(weights)]
    nodes = [
        helper.make_node("MatMul", ["x", tensors[0].name], ["hidden"]),
        helper.make_node("MatMul", ["hidden", tensors[1].name], ["y"]),
    ]
    whole = model(nodes, [info("x", ["batch", 64])], [info("y", ["batch", 64])], tensors)
    onnx.save(
        whole, recorder.path("file-for-each-tensor"),
        save_as_external_data=True, all_tensors_to_one_file=False, size_threshold=0,
    )  # fmt: skip
    recorder.ask(TOOL, "file-for-each-tensor", lambda rng, index: {"x": normal(rng, rows_of(index), 64)})
