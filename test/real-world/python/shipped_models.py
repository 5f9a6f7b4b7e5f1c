"""Models that packages ship."""

import importlib.util
from pathlib import Path

import numpy as np
from recorder import Recorder, rows_of

TOOL = "shipped"


def file_of(package: str, path: str) -> Path:
    """Without importing it, since it would want all that it depends on."""
    return Path(importlib.util.find_spec(package).submodule_search_locations[0]) / path


def record(recorder: Recorder) -> None:
    recorder.copy("magika", file_of("magika", "models/standard_v3_3/model.onnx"))
    recorder.ask(
        TOOL, "magika", lambda rng, i: {"bytes": rng.integers(257, size=(rows_of(i), 2048)).astype(np.int32)}
    )

    def sound(rng, rows, samples):
        return (rng.normal(size=(rows, samples)) / 10).astype(np.float32)

    def spoken(rng, index):
        rows = rows_of(index)
        state = rng.normal(size=(2, rows, 128)).astype(np.float32)
        return {"input": sound(rng, rows, 576), "state": state, "sr": np.array(16000)}

    for name, file in (("silero-vad", "silero_vad.onnx"), ("silero-vad-ifless", "silero_vad_op18_ifless.onnx")):
        recorder.copy(name, file_of("silero_vad", f"data/{file}"))
        recorder.ask(TOOL, name, spoken)

    recorder.copy("basic-pitch", file_of("basic_pitch", "saved_models/icassp_2022/nmp.onnx"))
    recorder.ask(
        TOOL, "basic-pitch", lambda rng, i: {"serving_default_input_2:0": sound(rng, 1 + i % 2, 43844)[..., None]}
    )
