"""A model of MLServer's own: y = 3 x + 1, row by row."""

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Affine(MLModel):
    async def load(self) -> bool:
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        x = NumpyCodec.decode_input(payload.inputs[0])
        y = NumpyCodec.encode_output(name="y", payload=(3 * x + 1).astype("float32"))
        return InferenceResponse(model_name=self.name, model_version=self.version, id=payload.id, outputs=[y])
