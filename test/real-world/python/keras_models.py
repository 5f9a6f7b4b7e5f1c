"""Keras over PyTorch, exported by itself with its defaults."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from recorder import Recorder, rows_of
from torch_models import normal


def record(recorder: Recorder) -> None:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    models = {
        "digits": [layers.Input((28, 28, 1)), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(4),
                   layers.Flatten(), layers.Dense(10, activation="softmax")],
        "sequence": [layers.Input((12, 4)), layers.LSTM(16), layers.Dense(1)],
    }  # fmt: skip
    for name, stack in models.items():
        model = keras.Sequential(stack)
        shape = model.input_shape[1:]
        # It has to have been called before.
        model(np.zeros((1, *shape), np.float32))
        model.export(recorder.path(f"keras-{name}"), format="onnx", verbose=False)
        # keras_tensor, keras_tensor_1, ...
        x = model.inputs[0].name
        recorder.ask(
            "keras", f"keras-{name}", lambda rng, index, x=x, shape=shape: {x: normal(rng, rows_of(index), *shape)}
        )
