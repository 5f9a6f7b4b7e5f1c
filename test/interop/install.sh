#!/usr/bin/env bash
# Installs what the interop tests need, into .cache/interop of the repository; quick when it is there. Wants python3, go, and mvn with java.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
cache="$here/../../.cache/interop"
stamp="$(cat "$here/install.sh" "$here/python/requirements.txt" "$here/mlserver/requirements.txt" "$here/signing/requirements.txt" "$here/go/go.mod" "$here/h2spec/go.mod" "$here/otelcol/main.go" "$here/otelcol/go.mod" "$here/grafana/main.go" "$here/grafana/go.mod" | sha256sum | cut -d' ' -f1)"
[ "$(cat "$cache/stamp" 2>/dev/null)" = "$stamp" ] && exit 0

# Where Go's own installer puts it, for shells that do not know.
command -v go > /dev/null || PATH="$PATH:/usr/local/go/bin"
mkdir -p "$cache"
python3 -m venv --clear "$cache/python"
"$cache/python/bin/pip" install --quiet --disable-pip-version-check -r "$here/python/requirements.txt"
# Its own environment: it pins what the clients above have newer.
python3 -m venv --clear "$cache/mlserver"
"$cache/mlserver/bin/pip" install --quiet --disable-pip-version-check -r "$here/mlserver/requirements.txt"
# perf_analyzer, which later wheels do not have, with the library of CUDA that it is linked to. It also wants libb64.so.0d (apt install libb64-0d).
rm -rf "$cache/perf"
mkdir -p "$cache/perf"
"$cache/python/bin/pip" download --quiet --disable-pip-version-check --no-deps --dest "$cache/perf" tritonclient==2.49.0 nvidia-cuda-runtime-cu12==12.9.79
for wheel in "$cache"/perf/*.whl; do "$cache/python/bin/python" -m zipfile -e "$wheel" "$cache/perf"; done
chmod +x "$cache/perf/tritonclient-2.49.0.data/data/bin/perf_analyzer"
# Its own environment: it pins what the clients above have older.
python3 -m venv --clear "$cache/signing"
"$cache/signing/bin/pip" install --quiet --disable-pip-version-check -r "$here/signing/requirements.txt"
export GOBIN="$cache/bin" GOFLAGS=-buildvcs=false
go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2
go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4
go install connectrpc.com/conformance/cmd/connectconformance@v1.0.7
# A registry of artifacts, and what everybody asks one with.
go install github.com/google/go-containerregistry/cmd/crane@v0.22.1
go install oras.land/oras/cmd/oras@v1.3.6
# What it speaks with what it tests.
rm -rf "$cache/conformance"
cp -r "$(go env GOMODCACHE)/connectrpc.com/conformance@v1.0.7/proto" "$cache/conformance"
chmod -R u+w "$cache/conformance"
# Made before there were modules: what it stands on is kept beside it.
(cd "$here/h2spec" && go build -o "$cache/bin/h2spec" github.com/summerwind/h2spec/cmd/h2spec)
# The collector of OpenTelemetry, which publishes no program as a module.
(cd "$here/otelcol" && go build -o "$cache/bin/otelcol" .)
# What a dashboard is, as Grafana publishes it.
(cd "$here/grafana" && go build -o "$cache/bin/grafana-dashboards" .)
# Jaeger cannot be had by `go install`, since it replaces a module; it takes some minutes.
jaeger="$(cd / && go mod download -json github.com/jaegertracing/jaeger@v1.62.0 | "$cache/python/bin/python" -c 'import json, sys; print(json.load(sys.stdin)["Dir"])')"
(cd "$jaeger" && go build -o "$cache/bin/jaeger" ./cmd/all-in-one)
# Another back end of traces.
mvn --quiet --batch-mode dependency:copy -Dartifact=io.zipkin:zipkin-server:3.5.1:jar:exec -DoutputDirectory="$cache/zipkin" -Dmdep.stripVersion=true -Dmdep.stripClassifier=true
echo "$stamp" > "$cache/stamp"
