"""skl2onnx with its defaults: classifiers end in ZipMap, a data frame's columns are an input each."""

import numpy as np
import pandas as pd
from recorder import Recorder, rows_of
from skl2onnx import to_onnx
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

TOOL = "skl2onnx"


def record(recorder: Recorder) -> None:
    matrices(recorder)
    frames(recorder)
    texts(recorder)


def matrices(recorder: Recorder) -> None:
    iris, cancer, wine, diabetes = load_iris(), load_breast_cancer(), load_wine(), load_diabetes()
    malignant = cancer.target_names[cancer.target]
    cultivar = np.array(["Barolo", "Grignolino", "Barbera"])[wine.target]
    two = np.stack([iris.target, iris.target > 0], axis=1)
    models = {
        "iris-logistic": (LogisticRegression(max_iter=500), iris.data, iris.target),
        "iris-kneighbours": (KNeighborsClassifier(), iris.data, iris.target),
        "iris-two-labels": (MultiOutputClassifier(LogisticRegression(max_iter=500)), iris.data, two),
        "cancer-forest": (RandomForestClassifier(20, random_state=0), cancer.data, malignant),
        "cancer-binary": (make_pipeline(StandardScaler(), LogisticRegression()), cancer.data, cancer.target),
        "wine-cultivar": (make_pipeline(StandardScaler(), SVC(random_state=0)), wine.data, cultivar),
        "diabetes-double": (make_pipeline(StandardScaler(), Ridge()), diabetes.data, diabetes.target),
        "wine-clusters": (make_pipeline(StandardScaler(), KMeans(3, n_init=1, random_state=0)), wine.data, None),
        "diabetes-ridge": (make_pipeline(StandardScaler(), Ridge()), diabetes.data, diabetes.target),
        "diabetes-boosting": (GradientBoostingRegressor(n_estimators=30, random_state=0), diabetes.data, diabetes.target),
    }  # fmt: skip
    for name, (model, data, target) in models.items():
        data = data.astype(np.float64 if name == "diabetes-double" else np.float32)
        model.fit(data, target)
        recorder.save(name, to_onnx(model, data[:1]))
        recorder.ask(TOOL, name, lambda rng, index, data=data: {"X": rng.choice(data, rows_of(index))})


def record_frame(recorder: Recorder, name: str, model, frame: pd.DataFrame, target) -> None:
    """Each column of a data frame is an input [rows, 1], whose name the tool makes out of the column's."""
    proto = to_onnx(model.fit(frame, target), frame[:1])
    names = [info.name for info in proto.graph.input]
    recorder.save(name, proto)

    def columns(rng: np.random.Generator, index: int) -> dict:
        rows = frame.iloc[rng.integers(len(frame), size=rows_of(index))]
        return {name: rows[[column]].to_numpy() for name, column in zip(names, frame.columns, strict=True)}

    recorder.ask(TOOL, name, columns)


def frames(recorder: Recorder) -> None:
    iris = load_iris(as_frame=True)
    flowers = iris.data.astype(np.float32)
    names = list(flowers.columns)
    scaled = make_pipeline(ColumnTransformer([("scale", StandardScaler(), names)]), LogisticRegression(max_iter=500))
    record_frame(recorder, "iris-frame", scaled, flowers, iris.target)

    rng = np.random.default_rng(0)
    people = pd.DataFrame({
        "age": rng.integers(18, 90, 200).astype(np.int64),
        "fare": rng.gamma(2, 20, 200).astype(np.float32),
        "embarked": rng.choice(["C", "Q", "S"], 200).astype(object),
        "place of birth": rng.choice(["Zürich", "Paris", ""], 200).astype(object),
    })  # fmt: skip
    survived = np.where(people.fare + people.age > 80, "yes", "no")
    numbers = ("numbers", StandardScaler(), ["age", "fare"])
    words = ("words", OneHotEncoder(handle_unknown="ignore"), ["embarked", "place of birth"])
    mixed = make_pipeline(ColumnTransformer([numbers, words]), LogisticRegression(max_iter=500))
    record_frame(recorder, "passengers", mixed, people, survived)

    wide = pd.DataFrame(rng.normal(size=(100, 300)).astype(np.float32), columns=[f"sensor {n}" for n in range(300)])
    plant = make_pipeline(ColumnTransformer([("scale", StandardScaler(), list(wide.columns))]), Ridge())
    record_frame(recorder, "three-hundred-columns", plant, wide, wide.sum(axis=1))


def texts(recorder: Recorder) -> None:
    words = ["win", "money", "now", "lunch", "tomorrow", "meeting", "prize", "friend", "naïve"]
    rng = np.random.default_rng(1)
    mails = np.array([" ".join(rng.choice(words, 6)) for _ in range(120)], dtype=object)
    spam = np.array(["spam" if "money" in mail or "prize" in mail else "ham" for mail in mails])
    # Lower case would be a StringNormalizer, for which the runtime wants the locale en_US.UTF-8 on the machine.
    model = make_pipeline(TfidfVectorizer(lowercase=False), LogisticRegression()).fit(mails, spam)
    recorder.save("spam", to_onnx(model, mails[:1].reshape(-1, 1)))
    recorder.ask(TOOL, "spam", lambda rng, index: {"X": rng.choice(mails, rows_of(index)).reshape(-1, 1)})
