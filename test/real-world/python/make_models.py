"""python make_models.py <folder>: every model by its tool, with what it is asked and what ONNX Runtime answers."""

import logging
import sys
import warnings
from pathlib import Path

# Tools tell here what they miss, and we do not.
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import boosted_models
import keras_models
import named_models
import shipped_models
import sklearn_models
import torch_models
from recorder import Recorder

LEFT_OUT = {
    # Weights in files beside the model.
    "mlp-one-row", "mlp", "mlp-batch", "picture", "series", "half", "encoder", "file-for-each-tensor",
    # ZipMap, sequences.
    "iris-logistic", "iris-kneighbours", "iris-two-labels", "cancer-forest", "cancer-binary", "wine-cultivar", "iris-frame",
    "passengers", "spam", "lightgbm-classifier", "lightgbm-binary", "catboost-classifier",
    # Datatypes, names and ranks.
    "bfloat16", "reserved-names", "no-output-shape", "no-shapes",
    # Hundreds of tensors.
    "three-hundred-columns", "two-hundred-outputs",
}  # fmt: skip
"""What a mesh does not serve yet."""

recorder = Recorder(Path(sys.argv[1]), LEFT_OUT)
for tool in (sklearn_models, boosted_models, torch_models, keras_models, named_models, shipped_models):
    tool.record(recorder)
recorder.close()
