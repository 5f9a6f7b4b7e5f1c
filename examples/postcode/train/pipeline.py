"""What the pipeline does, in Python: locate -> crop -> read, with each model in onnxruntime."""

from pathlib import Path

import numpy as np
import onnxruntime

from crop import crop

MODELS = Path(__file__).parent.parent / "models"
READERS = ("digits-cnn", "digits-forest", "digits-kernel")


class Model:
    def __init__(self, name):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        path = MODELS / name / "1" / "model.onnx"
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def __call__(self, **inputs):
        return self.session.run(None, inputs)


def match(truth, found):
    """For each true box the index of the found box that covers it best, and the IoU: ([n], [n])."""
    truth = np.asarray(truth, np.float64).reshape(-1, 1, 4)
    found = np.asarray(found, np.float64).reshape(1, -1, 4)
    if not truth.size or not found.size:
        return np.zeros(len(truth), int), np.zeros(len(truth))
    shared = np.minimum(truth[..., 2:], found[..., 2:]) - np.maximum(truth[..., :2], found[..., :2])
    shared = np.clip(shared, 0, None).prod(-1)
    area = (truth[..., 2:] - truth[..., :2]).prod(-1) + (found[..., 2:] - found[..., :2]).prod(-1)
    iou = shared / (area - shared)
    return iou.argmax(1), iou.max(1)


def read(readers, pixels):
    """Each reader's probabilities [readers, n, 10]."""
    return np.stack([reader(pixels=pixels)[0] for reader in readers])


__all__ = ["MODELS", "READERS", "Model", "crop", "match", "read"]
