#!/usr/bin/env bash
# Installs the tools, and makes the models with them, into .cache/real-world of the repository; quick when it is there. Wants python3 and gcc.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
cache="$here/../../.cache/real-world"
stamp="$(cat "$here/install.sh" "$here"/python/* | sha256sum | cut -d' ' -f1)"
[ "$(cat "$cache/stamp" 2>/dev/null)" = "$stamp" ] && exit 0

rm -rf "$cache/stamp" "$cache/made"
python3 -m venv --clear "$cache/python"
pip() { "$cache/python/bin/pip" install --quiet --no-compile --disable-pip-version-check "$@"; }
pip -r "$here/python/requirements.txt"
# What these ask for beside is large, and for other uses than ours.
pip --no-deps -r "$here/python/requirements-alone.txt"
"$cache/python/bin/python" "$here/python/without_cuda.py" "$cache/without-cuda"
# Functions are looked up when they are called: not all of CUDA's have a stand-in.
TORCH_USE_RTLD_GLOBAL=1 LD_LIBRARY_PATH="$cache/without-cuda" PYTHONDONTWRITEBYTECODE=1 \
  "$cache/python/bin/python" "$here/python/make_models.py" "$cache/made"
echo "$stamp" > "$cache/stamp"
