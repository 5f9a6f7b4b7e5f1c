"""Runs named checks and prints `ok <name>` or `FAILED <name>: <why>` for each."""

import sys
import traceback


class Checks:
    def __init__(self):
        self.failed = False

    def __call__(self, name):
        def run(check):
            try:
                check()
                print(f"ok {name}", flush=True)
            except Exception:
                self.failed = True
                print(f"FAILED {name}: {traceback.format_exc()}", flush=True)

        return run

    def exit(self):
        sys.exit(1 if self.failed else 0)
