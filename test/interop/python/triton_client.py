"""What a stock tritonclient does with a running mesh. Usage: triton_client.py <host:port>"""

import queue
import sys
import time

import numpy as np
import tritonclient.grpc as triton
from check import Checks
from tritonclient.utils import InferenceServerException

client = triton.InferenceServerClient(sys.argv[1])
check = Checks()


def tensor(values, datatype):
    tensor = triton.InferInput("x", list(values.shape), datatype)
    tensor.set_data_from_numpy(values)
    return tensor


pair = np.array([[1, 2]], np.float32)
inputs = [tensor(pair, "FP32")]


def slow(iterations):
    return [tensor(np.array(iterations, np.int64), "INT64")]


def refused(call):
    try:
        call()
    except InferenceServerException as error:
        return error
    raise AssertionError("it was not refused")


@check("live, ready, and ready by model")
def _():
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("double") and client.is_model_ready("double", "1")
    assert client.is_model_ready("quadruple")
    assert not client.is_model_ready("nobody") and not client.is_model_ready("double", "7")


@check("metadata of the server, a model and a pipeline")
def _():
    assert client.get_server_metadata().name == "sheaf-gateway"
    model = client.get_model_metadata("double")
    assert (model.inputs[0].datatype, list(model.inputs[0].shape)) == ("FP32", [-1, 2]), model
    assert client.get_model_metadata("quadruple").outputs[0].name == "y"


@check("infer a model and a pipeline, the id echoed")
def _():
    result = client.infer("double", inputs, request_id="seven")
    assert (result.as_numpy("y") == 2 * pair).all()
    assert (result.get_response().id, result.get_response().model_version) == ("seven", "1")
    assert (client.infer("quadruple", inputs).as_numpy("y") == 4 * pair).all()


@check("a requested output, a priority, a time-out and parameters")
def _():
    result = client.infer(
        "double",
        inputs,
        outputs=[triton.InferRequestedOutput("y")],
        priority=1,
        timeout=1_000_000,
        parameters={"flag": True, "count": 3, "text": "a", "share": 0.5},
    )
    assert (result.as_numpy("y") == 2 * pair).all()


for algorithm in ("gzip", "deflate"):

    @check(f"compression {algorithm}")
    def _():
        large = np.arange(200_000, dtype=np.float32).reshape(-1, 2)
        result = client.infer("double", [tensor(large, "FP32")], compression_algorithm=algorithm)
        assert (result.as_numpy("y") == 2 * large).all()


@check("async infer with a callback")
def _():
    answers = queue.Queue()
    for factor in range(10):
        client.async_infer(
            "double",
            [tensor(factor * pair, "FP32")],
            lambda result, error: answers.put((result, error)),
            request_id=str(factor),
        )
    got = {}
    for _ in range(10):
        result, error = answers.get(timeout=10)
        assert error is None, error
        got[int(result.get_response().id)] = result.as_numpy("y")[0, 0]
    assert got == {factor: 2 * factor for factor in range(10)}, got


@check("cancel, and the model answers the next")
def _():
    answers = queue.Queue()
    # Behind the first in the queue, so that it is still waiting when it is cancelled. The usual deadline is short for a busy machine.
    long = {"client_timeout": 50}
    client.async_infer("slow", slow(1_500_000), lambda result, error: answers.put(("first", error)), **long)
    waiting = client.async_infer("slow", slow(2**40), lambda result, error: answers.put(("cancelled", error)), **long)
    # Until it has reached the server: a call that never left would be cancelled by the client alone.
    time.sleep(0.2)
    waiting.cancel()
    ends = dict(answers.get(timeout=50) for _ in range(2))
    told = {call: str(error) for call, error in ends.items()}
    assert ends["first"] is None and "CANCELLED" in ends["cancelled"].status(), told
    assert client.infer("slow", slow(5)).as_numpy("y") == 5


@check("a client time-out")
def _():
    error = refused(lambda: client.infer("slow", slow(3_000_000), client_timeout=0.2))
    assert error.status() == "StatusCode.DEADLINE_EXCEEDED", error


@check("errors as the client tells them")
def _():
    error = refused(lambda: client.infer("nobody", inputs))
    assert error.status() == "StatusCode.NOT_FOUND" and "nobody" in error.message(), error
    error = refused(lambda: client.infer("double", [tensor(np.array([[1]], np.float32), "FP32")]))
    assert error.status() == "StatusCode.INVALID_ARGUMENT" and "shape[1]: want 2, got 1" in error.message(), error


@check("the configuration of a model and a pipeline")
def _():
    config = client.get_model_config("double").config
    assert config.name == "double" and config.max_batch_size == 0, config
    (x,), (y,) = config.input, config.output
    assert (x.name, x.data_type, list(x.dims)) == ("x", 11, [-1, 2]), x
    assert (y.name, y.data_type, list(y.dims)) == ("y", 11, [-1, 2]), y
    assert client.get_model_config("quadruple", as_json=True)["config"]["platform"] == "sheaf_pipeline"
    error = refused(lambda: client.get_model_config("nobody"))
    assert error.status() == "StatusCode.NOT_FOUND", error


@check("statistics of a model and a pipeline")
def _():
    before = client.get_inference_statistics("double", "1").model_stats[0]
    for _ in range(3):
        client.infer("double", inputs)
    after = client.get_inference_statistics("double", "1").model_stats[0]
    assert (after.name, after.version) == ("double", "1"), after
    assert after.inference_count - before.inference_count == 3, (before, after)
    assert after.inference_stats.queue.count - before.inference_stats.queue.count == 3, (before, after)
    assert after.inference_stats.compute_infer.ns > before.inference_stats.compute_infer.ns
    assert after.batch_stats[0].batch_size == 1 and after.last_inference > 0
    pipeline = client.get_inference_statistics("quadruple").model_stats[0]
    assert pipeline.inference_stats.success.count >= 1, pipeline
    names = {stats.name for stats in client.get_inference_statistics().model_stats}
    assert names == {"double", "slow", "quadruple"}, names
    error = refused(lambda: client.get_inference_statistics("nobody"))
    assert error.status() == "StatusCode.NOT_FOUND", error


@check("the repository: index, unload and load")
def _():
    def index():
        return {(m.name, m.version): (m.state, m.reason) for m in client.get_model_repository_index().models}

    assert set(index().values()) == {("READY", "")}, index()
    error = refused(lambda: client.unload_model("double"))
    assert error.status() == "StatusCode.FAILED_PRECONDITION" and "quadruple" in error.message(), error
    client.unload_model("slow")
    assert index()[("slow", "1")] == ("UNAVAILABLE", "unloaded"), index()
    assert not client.is_model_ready("slow") and client.is_model_ready("double")
    client.load_model("slow")
    assert client.is_model_ready("slow") and index()[("slow", "1")] == ("READY", ""), index()
    client.unload_model("quadruple", unload_dependents=True)
    assert not client.is_model_ready("quadruple") and not client.is_model_ready("double")
    client.load_model("quadruple")
    assert (client.infer("quadruple", inputs).as_numpy("y") == 4 * pair).all()
    error = refused(lambda: client.load_model("nobody"))
    assert error.status() == "StatusCode.NOT_FOUND", error
    error = refused(lambda: client.load_model("slow", config="{}"))
    assert error.status() == "StatusCode.UNIMPLEMENTED", error


check.exit()
