"""A few lines that make an ONNX graph readable as Python: g.Add(a, b) adds a node and answers its output's name."""

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

OPSET = 21
IR_VERSION = 10


class Graph:
    def __init__(self, prefix=""):
        self.prefix = prefix
        self.nodes = []
        self.initializers = []
        self.count = 0

    def name(self, stem):
        self.count += 1
        return f"{self.prefix}{stem}_{self.count}"

    def const(self, value, dtype=None):
        name = self.name("const")
        self.initializers.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def floats(self, *values):
        return self.const(values[0] if len(values) == 1 else values, np.float32)

    def ints(self, *values):
        return self.const(values, np.int64)

    def node(self, op, inputs, outputs=1, **attributes):
        names = [self.name(op) for _ in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def __getattr__(self, op):
        return lambda *inputs, outputs=1, **attributes: self.node(op, inputs, outputs, **attributes)

    def cast(self, value, to):
        return self.node("Cast", [value], to=to)

    def rename(self, value, name):
        self.nodes.append(helper.make_node("Identity", [value], [name]))


def tensor(name, dtype, shape):
    return helper.make_tensor_value_info(name, dtype, shape)


def save(graph, name, inputs, outputs, path):
    made = helper.make_graph(graph.nodes, name, inputs, outputs, graph.initializers)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    model.producer_name = "sheaf-example-postcode"
    checker.check_model(model, full_check=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())


FLOAT, INT64, UINT8, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.UINT8, TensorProto.BOOL
