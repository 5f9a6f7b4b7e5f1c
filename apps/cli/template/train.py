"""How models/iris/1/model.onnx was made; any tool that writes ONNX will do.

pip install scikit-learn==1.9.1 skl2onnx==1.20.0 && python train.py
"""

from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

flowers, species = load_iris(return_X_y=True)
train_x, test_x, train_y, test_y = train_test_split(flowers, species, test_size=50, random_state=1, stratify=species)
model = LogisticRegression(max_iter=1000).fit(train_x, train_y)
print(f"{model.score(test_x, test_y):.0%} of 50 held-out flowers")

# [None, 4]: any number of flowers in one request. Without zipmap the probabilities are a plain tensor.
onnx = to_onnx(
    model,
    initial_types=[("measures", FloatTensorType([None, 4]))],
    options={"zipmap": False},
    target_opset={"": 18, "ai.onnx.ml": 3},
)
with open("models/iris/1/model.onnx", "wb") as file:
    file.write(onnx.SerializeToString())
