"""torch.onnx.export with its defaults, which write the weights into a file beside the model; and its older exporter."""

import ml_dtypes
import numpy as np
import torch
from onnxruntime.quantization import quantize_dynamic
from recorder import Recorder, rows_of
from torch import nn
from torch.export import Dim

TOOL = "torch"
FREE = Dim.DYNAMIC


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(size=shape).astype(np.float32)


def export(recorder: Recorder, name: str, module: nn.Module, args: tuple, **options) -> None:
    torch.onnx.export(module.eval(), args, recorder.path(name), verbose=False, **options)


def record(recorder: Recorder) -> None:
    torch.manual_seed(0)
    rows_first(recorder)
    not_a_batch(recorder)
    narrow(recorder)
    transformer(recorder)
    older_exporter(recorder)
    training(recorder)


def rows_first(recorder: Recorder) -> None:
    mlp = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 3))
    export(recorder, "mlp-one-row", mlp, (torch.randn(1, 8),))
    recorder.ask(TOOL, "mlp-one-row", lambda rng, index: {"input": normal(rng, 1, 8)})
    export(recorder, "mlp", mlp, (torch.randn(2, 8),), dynamic_shapes=({0: FREE},))
    recorder.ask(TOOL, "mlp", lambda rng, index: {"input": normal(rng, rows_of(index), 8)})
    export(recorder, "mlp-batch", mlp, (torch.randn(2, 8),), dynamic_shapes=({0: Dim("batch")},))
    recorder.ask(TOOL, "mlp-batch", lambda rng, index: {"input": normal(rng, rows_of(index), 8)})

    convolutions = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(128, 10)
    )
    export(recorder, "picture", convolutions, (torch.randn(2, 3, 32, 32),), dynamic_shapes=({0: Dim("batch")},))
    recorder.ask(TOOL, "picture", lambda rng, index: {"input": normal(rng, rows_of(index), 3, 32, 32)})


class Recurrent(nn.Module):
    """Time first, as nn.LSTM has it unless told."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 16)
        self.head = nn.Linear(16, 2)

    def forward(self, x):
        return self.head(self.lstm(x)[0])


class Graph(nn.Module):
    """One step of message passing, and features centred over the nodes of the graph."""

    def __init__(self):
        super().__init__()
        self.near = nn.Linear(4, 4)
        self.far = nn.Linear(4, 4)

    def forward(self, nodes, edges):
        messages = torch.zeros_like(nodes).index_add(0, edges[1], self.far(nodes[edges[0]]))
        mixed = torch.relu(self.near(nodes) + messages)
        return mixed - mixed.mean(dim=0, keepdim=True)


class Running(nn.Module):
    def forward(self, steps):
        return torch.cumsum(steps, dim=0)


class Centred(nn.Module):
    def forward(self, x):
        return x - x.mean(dim=0, keepdim=True)


def not_a_batch(recorder: Recorder) -> None:
    """One symbol in front that counts time or nodes: calls may not be run together."""
    series = {0: Dim("T")}
    export(recorder, "series", Recurrent(), (torch.randn(5, 1, 4),), dynamic_shapes=(series,))
    recorder.ask(TOOL, "series", lambda rng, index: {"x": normal(rng, rows_of(index) + 1, 1, 4)})
    export(recorder, "running-sum", Running(), (torch.randn(5, 2),), dynamic_shapes=(series,))
    recorder.ask(TOOL, "running-sum", lambda rng, index: {"steps": normal(rng, rows_of(index), 2)})
    export(recorder, "centred", Centred(), (torch.randn(5, 2),), dynamic_shapes=({0: Dim("batch")},))
    recorder.ask(TOOL, "centred", lambda rng, index: {"x": normal(rng, rows_of(index), 2)})

    def graph(rng, index):
        nodes = rows_of(index) + 1
        return {"nodes": normal(rng, nodes, 4), "edges": rng.integers(nodes, size=(2, 2 * nodes + 1))}

    sizes = ({0: Dim("num_nodes")}, {1: Dim("num_edges")})
    args = (torch.randn(4, 4), torch.randint(4, (2, 9)))
    export(recorder, "graph", Graph(), args, dynamic_shapes=sizes)
    recorder.ask(TOOL, "graph", graph)


class Edges(nn.Module):
    """Narrow where tensors travel, wide where the CPU computes: it has no bfloat16 kernels."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(8, 3)

    def forward(self, x):
        return self.inner(x.float()).to(torch.bfloat16)


def narrow(recorder: Recorder) -> None:
    batch = {"dynamic_shapes": ({0: Dim("batch")},)}
    half = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3)).half()
    export(recorder, "half", half, (torch.randn(2, 8, dtype=torch.float16),), **batch)
    recorder.ask(TOOL, "half", lambda rng, index: {"input": normal(rng, rows_of(index), 8).astype(np.float16)})
    export(recorder, "bfloat16", Edges(), (torch.randn(2, 8, dtype=torch.bfloat16),), **batch)
    recorder.ask(TOOL, "bfloat16", lambda rng, index: {"x": normal(rng, rows_of(index), 8).astype(ml_dtypes.bfloat16)})


class Encoder(nn.Module):
    """Names and axes as the exporters of transformers have them."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(100, 32)
        self.kinds = nn.Embedding(2, 32)
        layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True, dropout=0.0)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, input_ids, attention_mask, token_type_ids):
        padding = (1.0 - attention_mask.float()) * -1e9
        hidden = self.layers(self.words(input_ids) + self.kinds(token_type_ids), src_key_padding_mask=padding)
        kept = attention_mask.unsqueeze(-1).float()
        return hidden, (hidden * kept).sum(1) / kept.sum(1)


def sentences(rng: np.random.Generator, index: int) -> dict:
    shape = (rows_of(index) if index < 6 else 4, 5 + index)
    mask = np.ones(shape, np.int64)
    mask[-1, 3:] = 0
    kinds = np.zeros(shape, np.int64)
    return {"input_ids": rng.integers(100, size=shape), "attention_mask": mask, "token_type_ids": kinds}


def transformer(recorder: Recorder) -> None:
    names = ["input_ids", "attention_mask", "token_type_ids"]
    options = {"input_names": names, "output_names": ["last_hidden_state", "sentence_embedding"]}
    args = tuple(torch.ones(2, 6, dtype=torch.int64) for _ in names)
    axes = {0: Dim("batch"), 1: Dim("sequence")}
    export(recorder, "encoder", Encoder(), args, dynamic_shapes=(axes,) * 3, **options)
    recorder.ask(TOOL, "encoder", sentences)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(8, 8)

    def forward(self, x):
        return x + torch.tanh(self.inner(x))


def older_exporter(recorder: Recorder) -> None:
    """The outputs' axes are not told, so the exporter makes up a symbol of its own for each."""
    options = {"dynamo": False, "input_names": ["x"], "output_names": ["y"], "dynamic_axes": {"x": {0: "batch"}}}
    export(recorder, "residual", Residual(), (torch.randn(2, 8),), **options)
    recorder.ask(TOOL, "residual", lambda rng, index: {"x": normal(rng, rows_of(index), 8)})
    # Scaled by the largest number of all rows of a run: they look independent, and are not.
    quantize_dynamic(recorder.path("residual"), recorder.path("residual-quantized"))
    recorder.ask(TOOL, "residual-quantized", lambda rng, index: {"x": normal(rng, rows_of(index), 8)})


def training(recorder: Recorder) -> None:
    """A model that was never put into eval mode drops features at random."""
    drop = nn.Dropout(0.5).train()
    options = {"dynamo": False, "training": torch.onnx.TrainingMode.TRAINING, "do_constant_folding": False}
    torch.onnx.export(
        drop, (torch.randn(2, 8),), recorder.path("dropout"), input_names=["x"], output_names=["y"],
        dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}}, **options,
    )  # fmt: skip
    recorder.ask(
        TOOL,
        "dropout",
        lambda rng, index: {"x": normal(rng, rows_of(index), 8)},
        either=lambda feed: [[0 * feed["x"], 2 * feed["x"]]],
    )
