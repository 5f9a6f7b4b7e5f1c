"""A server on the gRPC core that ends connections for their age, or only bears what such servers bear by default.

usage: aging_server.py <max connection age in ms, 0 for none>
Prints its port, then `peer` for each new connection that a call comes by.
"""

import sys
import threading
import time
from concurrent import futures

import grpc

INFERENCE = "/inference.GRPCInferenceService/"
WATCH = "/grpc.health.v1.Health/Watch"


class Handlers(grpc.GenericRpcHandler):
    def __init__(self):
        self.peers = set()
        self.lock = threading.Lock()

    def note(self, context):
        with self.lock:
            if context.peer() not in self.peers:
                self.peers.add(context.peer())
                print("peer", flush=True)

    def infer(self, _, context):
        self.note(context)
        time.sleep(0.005)
        return b"\x0a\x01m\x12\x011"

    def watch(self, _, context):
        self.note(context)
        yield b"\x08\x01"
        ended = threading.Event()
        context.add_callback(ended.set)
        ended.wait()

    def service(self, details):
        if details.method == WATCH:
            return grpc.unary_stream_rpc_method_handler(self.watch)
        if details.method == INFERENCE + "ModelInfer":
            return grpc.unary_unary_rpc_method_handler(self.infer)
        if details.method == INFERENCE + "ServerReady":
            return grpc.unary_unary_rpc_method_handler(lambda *_: b"\x08\x01")
        return None


age = int(sys.argv[1])
options = [("grpc.max_connection_age_ms", age), ("grpc.max_connection_age_grace_ms", 2000)] if age else []
server = grpc.server(futures.ThreadPoolExecutor(32), options=options)
server.add_generic_rpc_handlers((Handlers(),))
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
server.wait_for_termination()
