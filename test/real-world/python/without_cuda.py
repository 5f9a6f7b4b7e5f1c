"""python without_cuda.py <folder>: stand-ins for the CUDA libraries that PyPI's torch is linked with.

PyPI has torch for Linux with CUDA only, which brings 2.5 GB more of libraries. Without a GPU none of their functions is called, but the loader
wants the files and their symbols' versions. So each function here answers 0, which to torch is a machine without devices.
"""

import ctypes
import importlib.util
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

torch = Path(importlib.util.find_spec("torch").submodule_search_locations[0]) / "lib"
out = Path(sys.argv[1])


def read(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def is_missing(library: str) -> bool:
    if (torch / library).exists():
        return False
    try:
        ctypes.CDLL(library)
        return False
    except OSError:
        return True


files = [str(path) for path in torch.glob("*.so")]
headers = read("objdump", "-p", *files)
missing = {name for name in re.findall(r"NEEDED +(\S+)", headers) if is_missing(name)}
versions = defaultdict(set)
for library, lines in re.findall(r"required from (\S+):\n((?: +0x.*\n)+)", headers):
    versions[library].update(line.split()[-1] for line in lines.splitlines())
functions = defaultdict(set)
for name, version in re.findall(r" U (\w+)@(\S+)", read("nm", "-D", "--undefined-only", *files)):
    functions[version].add(name)

out.mkdir(parents=True, exist_ok=True)
for library in missing:
    options = ["-shared", "-fPIC", "-fno-builtin", "-w", f"-Wl,-soname,{library}"]
    source = out / "functions.c"
    source.write_text("".join(f"int {name}(void) {{ return 0; }}\n" for v in versions[library] for name in functions[v]))
    if versions[library]:
        script = out / "versions.map"
        script.write_text("".join(f"{v} {{ {' '.join(f'{n};' for n in functions[v])} }};\n" for v in versions[library]))
        options.append(f"-Wl,--version-script={script}")
    subprocess.run(["gcc", *options, "-o", out / library, source], check=True)
