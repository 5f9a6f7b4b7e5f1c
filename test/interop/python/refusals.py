"""Every refusal of the public server, decoded with google.rpc types. Usage: refusals.py <host:port> <folder of the stubs> <key> <narrow key>"""

import struct
import sys
from concurrent import futures

import grpc
from check import Checks
from google.rpc import error_details_pb2
from grpc_status import rpc_status

address, stubs, key, narrow = sys.argv[1:]
sys.path.insert(0, stubs)
from inference import grpc_predict_v2_pb2 as oip, grpc_predict_v2_pb2_grpc as oip_grpc  # noqa: E402

stub = oip_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(address))
check = Checks()
code = grpc.StatusCode


def request(model, rows=1):
    tensor = oip.ModelInferRequest.InferInputTensor(name="x", datatype="FP32", shape=(rows, 2))
    raw = struct.pack(f"<{2 * rows}f", *[1] * (2 * rows))
    return oip.ModelInferRequest(model_name=model, inputs=[tensor], raw_input_contents=[raw])


def slow(iterations):
    tensor = oip.ModelInferRequest.InferInputTensor(name="x", datatype="INT64", shape=())
    return oip.ModelInferRequest(
        model_name="slow", inputs=[tensor], raw_input_contents=[struct.pack("<q", iterations)]
    )


def metadata(credential=key, *more):
    return ([("x-api-key", credential)] if credential else []) + list(more)


class Refusal:
    def __init__(self, message, sent):
        try:
            stub.ModelInfer(message, metadata=sent, timeout=10)
        except grpc.RpcError as error:
            status = rpc_status.from_call(error)
            assert (status.code, status.message) == (error.code().value[0], error.details()), status
            self.code = error.code()
            self.trailers = dict(error.trailing_metadata())
            self.details = {}
            for detail in status.details:
                kind = detail.TypeName().removeprefix("google.rpc.")
                decoded = getattr(error_details_pb2, kind)()
                assert detail.Unpack(decoded), kind
                self.details[kind] = decoded
        else:
            raise AssertionError("it was not refused")

    def expect(self, code, reason, *kinds):
        info = self.details["ErrorInfo"]
        assert (self.code, info.reason, info.domain) == (code, reason, "sheaf"), (self.code, info)
        assert set(self.details) == {"ErrorInfo", *kinds}, self.details
        assert self.trailers["x-request-id"], self.trailers
        return int(self.trailers["grpc-retry-pushback-ms"])


def outcome(message):
    try:
        return Refusal(message, metadata())
    except AssertionError:
        return None


def expect_quota(refusal, name, value):
    (violation,) = refusal.details["QuotaFailure"].violations
    assert (violation.subject, violation.quota_id, violation.quota_value) == ("tenant:acme", name, value), violation
    assert dict(violation.quota_dimensions) == {"tenant": "acme"}, violation
    assert refusal.trailers["x-mesh-decision"] == f"limit:{name}", refusal.trailers


@check("UNAUTHENTICATED")
def _():
    assert Refusal(request("double"), metadata("")).expect(code.UNAUTHENTICATED, "CREDENTIALS_MISSING") == -1
    assert Refusal(request("double"), metadata("bad")).expect(code.UNAUTHENTICATED, "TOKEN_INVALID") == -1


@check("PERMISSION_DENIED")
def _():
    refusal = Refusal(request("double"), metadata(key, ("x-tenant", "other")))
    assert refusal.expect(code.PERMISSION_DENIED, "TENANT_MISMATCH") == -1


@check("NOT_FOUND with ResourceInfo")
def _():
    for sent, model in ((metadata(), "nobody"), (metadata(narrow), "double")):
        refusal = Refusal(request(model), sent)
        assert refusal.expect(code.NOT_FOUND, "MODEL_NOT_FOUND", "ResourceInfo") == -1
        resource = refusal.details["ResourceInfo"]
        assert (resource.resource_type, resource.resource_name) == ("model", model), resource


@check("INVALID_ARGUMENT with BadRequest")
def _():
    message = request("double")
    message.inputs[0].datatype = "INT32"
    refusal = Refusal(message, metadata())
    assert refusal.expect(code.INVALID_ARGUMENT, "TENSOR_INVALID", "BadRequest") == -1
    assert refusal.details["BadRequest"].field_violations[0].field == "inputs[0]", refusal.details


@check("COST_EXCEEDS_LIMIT on the batch dimension")
def _():
    refusal = Refusal(request("costly", rows=6), metadata())
    kinds = set(refusal.details) - {"ErrorInfo"}
    assert refusal.expect(code.INVALID_ARGUMENT, "COST_EXCEEDS_LIMIT", *kinds) == -1
    assert refusal.details["BadRequest"].field_violations[0].field == "inputs[0].shape[0]", refusal.details


@check("RATE_LIMITED with RetryInfo and QuotaFailure")
def _():
    stub.ModelInfer(request("rated"), metadata=metadata())
    refusal = Refusal(request("rated"), metadata())
    pushback = refusal.expect(code.RESOURCE_EXHAUSTED, "RATE_LIMITED", "RetryInfo", "QuotaFailure")
    delay = refusal.details["RetryInfo"].retry_delay
    assert 0 < pushback == delay.seconds * 1000 + delay.nanos // 10**6, (pushback, delay)
    expect_quota(refusal, "rate", 1)


@check("QUOTA_EXHAUSTED with RetryInfo and QuotaFailure")
def _():
    stub.ModelInfer(request("counted"), metadata=metadata())
    refusal = Refusal(request("counted"), metadata())
    assert refusal.expect(code.RESOURCE_EXHAUSTED, "QUOTA_EXHAUSTED", "RetryInfo", "QuotaFailure") == -1
    assert 0 < refusal.details["RetryInfo"].retry_delay.seconds <= 86_400, refusal.details
    expect_quota(refusal, "quota", 1)


@check("OVERLOADED with RetryInfo")
def _():
    # Of two at the same time one is let in, whichever comes first.
    with futures.ThreadPoolExecutor() as pool:
        ends = list(pool.map(lambda _: outcome(slow(1_000_000)), range(2)))
    (refusal,) = [end for end in ends if isinstance(end, Refusal)]
    pushback = refusal.expect(code.UNAVAILABLE, "OVERLOADED", "RetryInfo", "QuotaFailure")
    assert 10 <= pushback <= 100, pushback


check.exit()
