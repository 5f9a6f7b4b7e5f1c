"""What the parsers of prometheus_client read of a mesh's metrics. Usage: scrape.py <url>"""

import sys
import urllib.request

from check import Checks
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_plain

check = Checks()


def get(accept):
    with urllib.request.urlopen(urllib.request.Request(sys.argv[1], headers={"accept": accept})) as answer:
        return answer.headers["content-type"], answer.read().decode()


@check("the text of Prometheus")
def _():
    content_type, text = get("text/plain")
    assert content_type.startswith("text/plain; version=0.0.4"), content_type
    families = {family.name: family for family in read_plain(text)}
    assert families["nv_inference_exec_count"].type == "counter", families["nv_inference_exec_count"]
    assert families["rpc_server_call_duration_seconds"].type == "histogram"


@check("OpenMetrics, with exemplars")
def _():
    content_type, text = get("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text; version=1.0.0"), content_type
    families = {family.name: family for family in read_openmetrics(text)}
    assert families["sheaf_requests"].type == "counter"
    durations = families["sheaf_request_duration_seconds"]
    assert durations.unit == "seconds"
    exemplars = [sample.exemplar for sample in durations.samples if sample.exemplar]
    assert exemplars and all(len(exemplar.labels["trace_id"]) == 32 for exemplar in exemplars), durations
    names = {sample.name for family in families.values() for sample in family.samples}
    assert "nv_inference_request_success" in names, sorted(names)


check.exit()
