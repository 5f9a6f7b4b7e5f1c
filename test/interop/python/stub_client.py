"""A client with stubs that grpcio-tools generated. Usage: stub_client.py <host:port> <folder of the stubs>"""

import struct
import sys

import grpc
from check import Checks
from google.rpc import error_details_pb2
from grpc_status import rpc_status

sys.path.insert(0, sys.argv[2])
from inference import grpc_predict_v2_pb2 as oip, grpc_predict_v2_pb2_grpc as oip_grpc  # noqa: E402

channel = grpc.insecure_channel(sys.argv[1])
stub = oip_grpc.GRPCInferenceServiceStub(channel)
check = Checks()


def request(model, shape=(1, 2)):
    tensor = oip.ModelInferRequest.InferInputTensor(name="x", datatype="FP32", shape=shape)
    return oip.ModelInferRequest(model_name=model, inputs=[tensor], raw_input_contents=[struct.pack("<2f", 1, 2)])


@check("ready and metadata")
def _():
    assert stub.ServerReady(oip.ServerReadyRequest()).ready
    assert list(stub.ModelMetadata(oip.ModelMetadataRequest(name="double")).versions) == ["1"]


@check("infer a model and a pipeline")
def _():
    for model, factor in (("double", 2), ("quadruple", 4)):
        answer = stub.ModelInfer(request(model))
        assert struct.unpack("<2f", answer.raw_output_contents[0]) == (factor, 2 * factor), answer


@check("a refusal with google.rpc details")
def _():
    try:
        stub.ModelInfer(request("double", shape=(1, 3)))
    except grpc.RpcError as error:
        details = {detail.TypeName(): detail for detail in rpc_status.from_call(error).details}
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        details["google.rpc.ErrorInfo"].Unpack(info)
        details["google.rpc.BadRequest"].Unpack(bad)
        assert (error.code(), info.domain) == (grpc.StatusCode.INVALID_ARGUMENT, "sheaf"), error
        assert bad.field_violations[0].field == "inputs[0]", bad
    else:
        raise AssertionError("it was not refused")


check.exit()
