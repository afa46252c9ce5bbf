#!/usr/bin/env bash
# The system as AWS runs it: each function a process behind cargo-lambda's emulator, events in, a DynamoDB beside them.
#
# Needs python3, jq, curl, and cargo-lambda: in the Python environment $CARGO_LAMBDA, or on the PATH.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="${CARGO_LAMBDA:+$CARGO_LAMBDA/bin:}$PATH"
for tool in python3 jq curl cargo-lambda; do
  command -v "$tool" >/dev/null || { echo "tests/lambda.sh needs $tool" >&2 && exit 1; }
done

tmp=$(mktemp -d)
passed=0 failed=0 finished=no

# Whatever happens: nothing is left running, and the closing line tells how it went.
finish() {
  trap - EXIT
  if [ "$finished" = no ]; then
    failed=$((failed + 1))
    echo "FAILED  the script stopped in the middle; the end of the functions' log:"
    tail -n 30 "$tmp"/watch*.log 2>/dev/null || true
  fi
  stop
  rm -rf "$tmp"
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}
trap finish EXIT
trap 'exit 1' INT TERM

started=()
stop() {
  # cargo-lambda ends its functions when it is asked to end; what it leaves is in its process group.
  for pid in "${started[@]}"; do kill -INT "$pid" 2>/dev/null || true; done
  for pid in "${started[@]}"; do
    timeout 10 tail --pid="$pid" -f /dev/null || true
    kill -KILL -- "-$pid" 2>/dev/null || true
  done
  started=()
}

# Runs a command in the background, in a process group of its own, its output in that file.
background() {
  local log=$1
  shift
  setsid "$@" >"$log" 2>&1 </dev/null &
  started+=($!)
}

# Tries a command every 0.2 s, for at most that many seconds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.2
  done
}

check() {
  local what=$1
  shift
  if "$@" >"$tmp/why" 2>&1; then
    passed=$((passed + 1))
    echo "ok      $what"
  else
    failed=$((failed + 1))
    echo "FAILED  $what"
    sed 's/^/        /' "$tmp/why"
  fi
}

is() { [ "$1" = "$2" ] || { printf 'expected: %.300s\nbut is:   %.300s\n' "$2" "$1" && return 1; }; }

# Whether a jq condition holds for a JSON text.
holds() { jq -e "$2" >/dev/null <<<"$1" || { printf 'not so: %s\nof: %.2000s\n' "$2" "$1" && return 1; }; }

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# --- a VMS database, with a district whose name has every character that a path could trip over

cargo build --workspace --quiet
vms_cache=${CARGO_TARGET_DIR:-target}/debug/vms-cache
"$vms_cache" sample --as-of 2026-03-15T12:00:00Z --out "$tmp/vms.db" >/dev/null 2>&1

sql() { python3 -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(*sys.argv[2:3], sys.argv[3:]); c.commit()' "$tmp/vms.db" "$@"; }
sql 'UPDATE district SET name = ? WHERE name = "Grandview School District"' "St. Mary's / 100% \"Señal\" #1?"
hostile='virtual_session/district/2025-2026/St.~20Mary~27s~20~2F~20100~25~20~22Se~C3~B1al~22~20~231~3F'

# --- a DynamoDB: that of `dev`, which keeps its own table in it

background "$tmp/dev.log" "$vms_cache" dev --source "$tmp/vms.db" --data "$tmp/dev" --port 0
within 30 test -s "$tmp/dev/connection.json"
AWS_ENDPOINT_URL_DYNAMODB=$(jq -r .table_url "$tmp/dev/connection.json")
export AWS_ENDPOINT_URL_DYNAMODB AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1

# --- the functions

export SOURCE_URL="file://$tmp/vms.db" MAX_SOURCE_AGE_HOURS=0 REFRESH_FUNCTION=refresh
# Nobody is there: what cannot be put fails nothing.
export AWS_ENDPOINT_URL_CLOUDWATCH=http://127.0.0.1:9

# Starts the emulator on a port of its own, over a fresh table, with those further settings.
emulate() {
  export TABLE_NAME=$1
  shift
  port=$(free_port)
  here=http://127.0.0.1:$port
  "$vms_cache" table create >/dev/null
  # Without reloading: nobody edits here, and a build beside this would restart every function.
  background "$tmp/watch-$port.log" env AWS_ENDPOINT_URL_LAMBDA="$here" "$@" \
    cargo lambda watch --quiet --ignore-changes --disable-cors --invoke-address 127.0.0.1 --invoke-port "$port"
  within 60 curl -s -o /dev/null "$here"
}

# When the operator of the samples asked: a run says so in its id.
asked_at=2026-03-15T12:00:00.000Z

# Invokes a function with an event of events/, its placeholders filled in and changed by a jq filter, and prints the
# answer.
# The first call also waits for cargo to start the function.
invoke() {
  sed "s/{{reader_key}}/$reader_key/; s/{{operator_key}}/$operator_key/; s/2026-03-15T12:00:00\.000Z/$asked_at/" \
    "events/$2.json" | jq "${3:-.}" >"$tmp/event.json"
  timeout 120 cargo lambda invoke "$1" --invoke-address 127.0.0.1 --invoke-port "$port" \
    --data-file "$tmp/event.json" 2>&1
}

emulate vms-lambda
operator_key=$("$vms_cache" keys create --role operator --name ci 2>/dev/null)
reader_key=$("$vms_cache" keys create --role reader --name ci 2>/dev/null)

echo "== every event of events/ does what it stands for"
for type in district organization virtual_session volunteer recruitment; do
  answer=$(invoke refresh "nightly-$type")
  check "nightly-$type refreshes" holds "$answer" '.outcome == "succeeded" and .total > 0 and .done == .total'
done
answer=$(invoke refresh nightly-volunteer)
check "nightly-volunteer, delivered again, is skipped" holds "$answer" '.outcome == "skipped"'
answer=$(invoke refresh sweep)
check "sweep finds nothing to do" holds "$answer" '.outcome == "skipped"'
sql 'UPDATE event SET title = title || ?' ', renamed'
answer=$(invoke refresh snapshot)
check "snapshot refreshes from a source that changed" holds "$answer" '.outcome == "succeeded"'
answer=$(invoke refresh manual-refresh)
check "manual-refresh, overtaken since it was asked for, is joined" holds "$answer" '.outcome == "joined"'
asked_at=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)
answer=$(invoke refresh manual-refresh)
check "manual-refresh of this moment refreshes under its own run id" holds "$answer" \
  ".outcome == \"succeeded\" and .run_id == \"volunteer.$asked_at.1a2b3c\""
answer=$(invoke refresh manual-refresh-report)
check "manual-refresh-report builds one report" holds "$answer" '.outcome == "succeeded" and .total == 1'
answer=$(invoke refresh eventbridge-scheduled || true)
check "a raw event is refused where no CACHE_TYPE says which type" is "$(grep -c 'CACHE_TYPE is not set' <<<"$answer")" 1

answer=$(invoke reports http-api-report)
check "http-api-report serves the district of the hostile name" holds "$answer" \
  '.statusCode == 200 and (.body | fromjson | .session_data | length > 0)'
identity=$(jq -r .body <<<"$answer") etag=$(jq -r .headers.etag <<<"$answer")
answer=$(invoke reports function-url-report)
check "function-url-report serves the same" is "$(jq -r '.headers.etag + .body' <<<"$answer")" "$etag$identity"
answer=$(invoke reports http-api-report-gzip)
check "http-api-report-gzip says that it is gzip in base64" holds "$answer" \
  '.statusCode == 200 and .isBase64Encoded and .headers["content-encoding"] == "gzip"'
check "http-api-report-gzip holds the same bytes" is "$(jq -r .body <<<"$answer" | base64 -d | gunzip)" "$identity"
answer=$(invoke reports http-api-report-head)
check "http-api-report-head has the length and no body" holds "$answer" \
  '.statusCode == 200 and (.headers["content-length"] | tonumber > 0) and (.body // "") == ""'
answer=$(invoke reports http-api-report-bare-name)
check "http-api-report-bare-name is no key" holds "$answer" \
  '.statusCode == 404 and .headers["content-type"] == "application/problem+json"'
answer=$(invoke reports http-api-report-no-key)
check "http-api-report-no-key is refused" holds "$answer" '.statusCode == 401'
answer=$(invoke reports http-api-list)
check "http-api-list lists two volunteer reports" holds "$answer" \
  '.statusCode == 200 and (.body | fromjson | .reports | length == 2 and all(.cache_type == "volunteer"))'
answer=$(invoke health http-api-health)
check "http-api-health is healthy without a key" holds "$answer" '.statusCode == 200 and (.body | fromjson | .status == "healthy")'
answer=$(invoke status http-api-status)
check "http-api-status knows all five types" holds "$answer" \
  '.statusCode == 200 and (.body | fromjson | .success and (.data.cache_types | length == 5))'
for event in http-api-refresh http-api-refresh-base64; do
  answer=$(invoke manage $event)
  check "$event asks for a run" holds "$answer" \
    '.statusCode == 202 and (.body | fromjson | .runs | length == 1 and all(.cache_type == "volunteer"))'
done

echo "== over HTTP"

# Asks a function for a path; the answer's status is in $status, its head and body in $tmp/head and $tmp/body.
get() {
  local function=$1 path=$2
  shift 2
  : >"$tmp/body"
  status=$(curl -s -m 60 -D "$tmp/head" -o "$tmp/body" -w '%{http_code}' "$@" "$here/lambda-url/$function/$path")
}
header() { sed -n "s/^$1: \(.*\)\r$/\1/Ip" "$tmp/head"; }
reader=(-H "authorization: Bearer $reader_key") operator=(-H "authorization: Bearer $operator_key")
report=reports/volunteer/recent/last-365-days

get reports "$report" "${reader[@]}"
check "a report is served" is "$status" 200
check "with its state" is "$(header x-cache-state)" fresh
check "with its age" grep -qE '^[0-9]+$' <(header age)
cp "$tmp/body" "$tmp/identity"
etag=$(header etag)
check "and its members" jq -e '.report_data | has("active_volunteers") and has("first_time_in_range")' "$tmp/identity"
get reports "$report" "${reader[@]}" -H "if-none-match: $etag"
check "again with its etag: 304" is "$status $(cat "$tmp/body")" "304 "
get reports "$report"
check "without a key: 401" is "$status" 401
get reports "$report" -H "authorization: Bearer ${reader_key%?}x"
check "with a wrong key: 401" is "$status" 401
get reports "$report" "${reader[@]}" -H 'accept-encoding: gzip'
check "as gzip" is "$status $(header content-encoding)" "200 gzip"
gunzip <"$tmp/body" >"$tmp/unpacked" || true
check "which unpacks to the same bytes" cmp "$tmp/unpacked" "$tmp/identity"
check "under an etag of its own" [ "$(header etag)" != "$etag" ]
get reports "$report" "${reader[@]}" --head
check "HEAD: the length and no body" is "$status $(header content-length)" "200 $(wc -c <"$tmp/identity")"
get reports "reports/$hostile" "${reader[@]}"
check "a hostile name" is "$status" 200
get reports "reports/${hostile//\~/%7E}" "${reader[@]}"
check "a hostile name, percent-encoded once more" is "$status" 200
get reports "reports/volunteer/recent/1999" "${reader[@]}"
check "a report that is not cached: 404" is "$status $(header content-type)" "404 application/problem+json"
get status management/cache/api/status "${operator[@]}"
check "the status" is "$status $(jq -r .success "$tmp/body")" "200 true"
get status management/cache/api/status "${reader[@]}"
check "the status with a reader's key: 403" is "$status" 403

get manage management/cache/login -H "origin: $here" --data-urlencode "api_key=$operator_key"
check "signing in leads to the status page" is "$status $(header location)" "303 /management/cache/status"
session=(-H "cookie: $(header set-cookie | cut -d ';' -f 1)")
get status management/cache/status "${session[@]}"
check "which the session's cookie opens" is "$status $(header content-type)" "200 text/html; charset=utf-8"
get manage management/cache/logout "${session[@]}" --data ''
check "what another site makes a browser send does not sign out: 403" is "$status" 403
get manage management/cache/logout "${session[@]}" -H "origin: $here" --data ''
check "signing out leads to the login form" grep -q '^/management/cache/login' <(header location)
get status management/cache/status "${session[@]}"
check "and the cookie opens nothing any more" is "$status" 303

get manage management/cache/api/refresh "${operator[@]}" --json '{"cache_type": "recruitment", "force": true}'
check "a refresh is asked for" is "$status" 202
run_id=$(jq -r '.runs[0].run_id' "$tmp/body")
is_done() {
  get status "management/cache/api/runs/$run_id" "${operator[@]}"
  jq -e '.outcome != null' "$tmp/body" >/dev/null
}
check "its run comes to an end" within 60 is_done
check "and the ledger tells which" holds "$(cat "$tmp/body")" '.outcome == "succeeded" and .trigger == "manual" and .done > 0'

echo "== in the functions' log"
sed 's/^[^{]*//' "$tmp/watch-$port.log" | jq -cR 'fromjson? // empty' | jq -s . >"$tmp/lines.json"
logged() { jq -e "map(select($1)) | length > 0 and all($2)" "$tmp/lines.json"; }
check "each request for a report is counted in a line of embedded metrics" logged ._aws \
  '.request_id != "" and (.RequestError | type == "number") and ._aws.CloudWatchMetrics[0].Namespace == "VmsReportCache"'
check "a fresh report among them" logged '.FreshHit == 1' '.Miss == 0 and .StaleHit == 0'
check "the words that operators know stand beside the ids of run and request" \
  logged '.message // "" | startswith("Cache refresh completed")' \
  '(.message | test("took [0-9.]+ seconds")) and .run_id and .request_id and .cache_type and .duration_ms >= 0'
check "figures that cannot be put are told, and fail nothing" logged '.message == "the figures could not be put"' '.run_id'
check "no key is in any line" [ "$(grep -cF -e "$reader_key" -e "$operator_key" "$tmp/watch-$port.log")" = 0 ]

echo "== one function for each type"
emulate vms-lambda-volunteer CACHE_TYPE=volunteer
answer=$(invoke refresh eventbridge-scheduled)
check "eventbridge-scheduled refreshes the function's own type" holds "$answer" \
  '.outcome == "succeeded" and (.run_id | startswith("volunteer."))'
answer=$(invoke refresh eventbridge-object-created)
check "eventbridge-object-created, of the same source, is skipped" holds "$answer" '.outcome == "skipped"'
answer=$(invoke refresh nightly-district || true)
check "an event for another type is refused" is "$(grep -c 'this function refreshes volunteer' <<<"$answer")" 1

if [ -z "${AWS_ENDPOINT_URL_S3:-}" ]; then
  echo "NOT RUN: a snapshot in S3; to run it, start one (moto_server --port 5000) and set" \
    "AWS_ENDPOINT_URL_S3=http://127.0.0.1:5000"
else
  echo "== a snapshot in S3"
  bucket=$(jq -r .bucket events/snapshot.json) key=$(jq -r .key events/snapshot.json)
  curl -s -o /dev/null -X PUT "$AWS_ENDPOINT_URL_S3/$bucket"
  export SOURCE_URL=s3://$bucket/$key
  emulate vms-lambda-s3 TMPDIR="$tmp"
  reader_key=$("$vms_cache" keys create --role reader --name ci 2>/dev/null)
  answer=$(invoke refresh snapshot)
  check "without an object the run fails" holds "$answer" '.outcome == "failed"'
  pushed=$("$vms_cache" --json push "$tmp/vms.db")
  check "push uploads what reports read" holds "$pushed" '.tables > 0 and .rows > 0 and .full == false'
  answer=$(invoke refresh snapshot)
  check "its event refreshes" holds "$answer" '.outcome == "succeeded" and .done == .total'
  answer=$(invoke reports http-api-list)
  check "the reports are as old as the copy" is \
    "$(jq -r '.body | fromjson | .reports[0].source_taken_at' <<<"$answer")" "$(jq -r .taken_at <<<"$pushed")"
  answer=$(invoke refresh snapshot)
  check "the same event once more is skipped" holds "$answer" '.outcome == "skipped" and .run_id != null'
  answer=$(invoke refresh snapshot '.key = "vms/other.db"')
  check "an event of another object is skipped, and says so" holds "$answer" \
    '.outcome == "skipped" and .reason == "s3://'"$bucket"'/vms/other.db is not what SOURCE_URL names"'
  sql 'UPDATE event SET title = title || ?' ', once more'
  "$vms_cache" push "$tmp/vms.db" >/dev/null
  answer=$(invoke refresh snapshot)
  check "a push of changed data refreshes" holds "$answer" '.outcome == "succeeded"'
fi

finished=yes
