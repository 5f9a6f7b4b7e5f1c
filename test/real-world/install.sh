#!/usr/bin/env bash
# Installs the tools, and makes the models with them, into .cache/real-world of the repository; quick when it is there. Wants python3, gcc and objdump.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
cache="$here/../../.cache/real-world"
python="$cache/python/bin/python"
digest() { cat "$@" | sha256sum | cut -d' ' -f1; }
tools="$(digest "$here/install.sh" "$here"/python/requirements*.txt "$here/python/without_cuda.py")"
models="$(digest "$here/install.sh" "$here"/python/*.*)"
[ "$(cat "$cache/stamp" 2>/dev/null)" = "$models" ] && exit 0

rm -rf "$cache/stamp"
if [ "$(cat "$cache/tools" 2>/dev/null)" != "$tools" ]; then
  python3 -m venv --clear "$cache/python"
  "$python" -m pip install --quiet --no-compile --disable-pip-version-check -r "$here/python/requirements.txt"
  # What these ask for beside is large, and for other uses than ours.
  "$python" -m pip install --quiet --no-compile --disable-pip-version-check --no-deps -r "$here/python/requirements-alone.txt"
  "$python" "$here/python/without_cuda.py" "$cache/without-cuda"
  echo "$tools" > "$cache/tools"
fi
# Looked up when they are called, not when torch is loaded: not all of CUDA's functions have a stand-in.
TORCH_USE_RTLD_GLOBAL=1 LD_LIBRARY_PATH="$cache/without-cuda" PYTHONDONTWRITEBYTECODE=1 \
  "$python" "$here/python/make_models.py" "$cache/made"
echo "$models" > "$cache/stamp"
