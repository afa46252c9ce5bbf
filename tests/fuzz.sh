#!/usr/bin/env bash
# Every route as its description gives it, with generated input, against the running `vms-cache dev`: no failure of the
# server, and no answer that the description does not know.
#
# Needs a built vms-cache, curl, jq, and schemathesis: in the Python environment $SCHEMATHESIS, or on the PATH.
# What is given to this script is given on to schemathesis.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="${SCHEMATHESIS:+$SCHEMATHESIS/bin:}$PATH"
for tool in curl jq schemathesis; do
  command -v "$tool" >/dev/null || { echo "tests/fuzz.sh needs $tool" >&2 && exit 1; }
done

tmp=$(mktemp -d)
"${CARGO_TARGET_DIR:-target}/debug/vms-cache" dev --data "$tmp/data" --port 0 >"$tmp/dev.log" 2>&1 &
dev=$!
trap 'kill "$dev" 2>/dev/null || true; wait "$dev" 2>/dev/null || true; rm -rf "$tmp"' EXIT

for _ in $(seq 300); do
  grep -q '^Refreshed' "$tmp/dev.log" && break
  kill -0 "$dev" || { cat "$tmp/dev.log" >&2 && exit 1; }
  sleep 0.2
done
url=$(jq -r .url "$tmp/data/connection.json") key=$(jq -r .operator_key "$tmp/data/connection.json")
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 PYTHONUTF8=1

# What a key may do is not undone by what is tried: no route makes or revokes one.
schemathesis --config-file tests/schemathesis.toml run "$url/openapi.json" --header "Authorization: Bearer $key" --header "Origin: $url" \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,negative_data_rejection,unsupported_method \
  --phases examples,coverage,fuzzing --max-examples 20 --max-time 120 --seed 1 --request-timeout 20 \
  --max-redirects 0 --workers 2 "$@"

status=$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $key" "$url/management/cache/api/status")
[ "$status" = 200 ] || { echo "after all that the status answers $status" >&2 && exit 1; }
