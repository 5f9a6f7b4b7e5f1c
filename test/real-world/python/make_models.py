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

recorder = Recorder(Path(sys.argv[1]))
for tool in (sklearn_models, boosted_models, torch_models, keras_models, named_models, shipped_models):
    tool.record(recorder)
recorder.close()
