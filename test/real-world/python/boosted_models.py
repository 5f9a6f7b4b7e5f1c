"""Trees of LightGBM, XGBoost and CatBoost, converted with the defaults of onnxmltools and of CatBoost itself."""

import catboost
import lightgbm
import numpy as np
import xgboost
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from recorder import Recorder, rows_of
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris


def record(recorder: Recorder) -> None:
    iris = load_iris()
    cancer = load_breast_cancer()
    diabetes = load_diabetes()
    data_of = {"classifier": iris, "binary": cancer, "regressor": diabetes}
    small = {"n_estimators": 20, "random_state": 0}
    models = {
        "lightgbm-classifier": lightgbm.LGBMClassifier(**small, verbose=-1),
        "lightgbm-binary": lightgbm.LGBMClassifier(**small, verbose=-1),
        "lightgbm-regressor": lightgbm.LGBMRegressor(**small, verbose=-1),
        "xgboost-classifier": xgboost.XGBClassifier(**small),
        "xgboost-binary": xgboost.XGBClassifier(**small),
        "xgboost-regressor": xgboost.XGBRegressor(**small),
        "catboost-classifier": catboost.CatBoostClassifier(20, allow_writing_files=False, verbose=False),
        "catboost-regressor": catboost.CatBoostRegressor(20, allow_writing_files=False, verbose=False),
    }
    for name, model in models.items():
        tool, kind = name.split("-")
        bunch = data_of[kind]
        data = bunch.data.astype(np.float32)
        model.fit(data, bunch.target)
        types = [("input", FloatTensorType([None, data.shape[1]]))]
        if tool == "lightgbm":
            recorder.save(name, convert_lightgbm(model, initial_types=types))
        elif tool == "xgboost":
            recorder.save(name, convert_xgboost(model, initial_types=types))
        else:
            model.save_model(str(recorder.path(name)), format="onnx")
        wanted = "features" if tool == "catboost" else "input"
        recorder.ask("boosted", name, lambda rng, i, data=data, wanted=wanted: {wanted: rng.choice(data, rows_of(i))})
