"""Jobs by the stubs that protoc makes, and by the client of operations that Google's own libraries have: jobs.py <stubs> <address>."""

import struct
import sys

sys.path.insert(0, sys.argv[1])

import grpc  # noqa: E402
from check import Checks  # noqa: E402
from google.api_core import operations_v1  # noqa: E402
from google.api_core.exceptions import FailedPrecondition, NotFound  # noqa: E402
from inference import grpc_predict_v2_pb2 as oip  # noqa: E402
from sheaf.jobs.v1 import jobs_pb2, jobs_pb2_grpc  # noqa: E402

check = Checks()
channel = grpc.insecure_channel(sys.argv[2])
jobs = jobs_pb2_grpc.JobsStub(channel)
operations = operations_v1.OperationsClient(channel)


def request():
    asked = oip.ModelInferRequest(model_name="double")
    asked.inputs.add(name="x", datatype="FP32", shape=[1, 2])
    asked.raw_input_contents.append(struct.pack("<2f", 1, 2))
    return asked


def doubled(result):
    answer = oip.ModelInferResponse()
    assert result.Unpack(answer), result.type_url
    assert struct.unpack("<2f", answer.raw_output_contents[0]) == (2, 4), answer
    assert answer.model_version == "1", answer


@check("Submit, Wait and Get tell of a job until its result")
def _():
    operation = jobs.Submit(jobs_pb2.SubmitRequest(request=request(), idempotency_key="a"))
    again = jobs.Submit(jobs_pb2.SubmitRequest(request=request(), idempotency_key="a"))
    assert again.name == operation.name
    id = operation.name.removeprefix("operations/")
    last = list(jobs.Wait(jobs_pb2.WaitJobRequest(id=id), timeout=60))[-1]
    assert last.job.state == "succeeded", last
    doubled(last.result)
    doubled(jobs.Get(jobs_pb2.GetJobRequest(id=id)).result)


@check("Google's client of operations gets, lists and deletes one")
def _():
    operation = jobs.Submit(jobs_pb2.SubmitRequest(request=request()))
    list(jobs.Wait(jobs_pb2.WaitJobRequest(id=operation.name.removeprefix("operations/")), timeout=60))
    done = operations.get_operation(operation.name)
    assert done.done and done.WhichOneof("result") == "response", done
    doubled(done.response)
    job = jobs_pb2.Job()
    assert done.metadata.Unpack(job) and job.subject == "double", done
    assert operation.name in [one.name for one in operations.list_operations("operations", "done=true")]
    operations.delete_operation(operation.name)
    try:
        operations.get_operation(operation.name)
        raise AssertionError("it is there")
    except NotFound:
        pass


@check("Google's client cancels one that waits, and is refused when it has ended")
def _():
    operation = jobs.Submit(jobs_pb2.SubmitRequest(request=request(), delay_ms=3_600_000))
    operations.cancel_operation(operation.name)
    done = operations.get_operation(operation.name)
    assert done.done and done.error.code == grpc.StatusCode.CANCELLED.value[0], done
    try:
        operations.cancel_operation(operation.name)
        raise AssertionError("it was cancelled twice")
    except FailedPrecondition:
        pass


check.exit()
