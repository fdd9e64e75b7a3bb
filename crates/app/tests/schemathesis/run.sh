#!/bin/sh
# Starts a peer on a loopback that leads nowhere else, and has schemathesis ask it. Usage: run.sh WHISPER ST DATA_DIR
set -eu
here=$(dirname "$0")
ip link set lo up
export WHISPER_DATA_DIR=$3
"$1" serve --bind 127.0.0.1 --port 0 --http 127.0.0.1:0 --discovery off --flood-limit off >"$3/said" 2>&1 &
peer=$!
trap 'kill "$peer"; wait "$peer"' EXIT
until grep -q 'web on http' "$3/said"; do
    kill -0 "$peer"
    sleep 0.05
done
url=$(sed -n 's|.*web on \(http://[^/]*\).*|\1|p' "$3/said")
# In the environment, which other users cannot read; schemathesis.toml names it.
WHISPER_TOKEN=$(cat "$3/api-token")
export WHISPER_TOKEN
curl -fsS -o "$3/openapi.json" -H @/dev/fd/3 "$url/openapi.json" 3<<END
Authorization: Bearer $WHISPER_TOKEN
END
# It leaves what it noted where it runs.
cd "$3"
"$2" --config-file "$here/schemathesis.toml" run --no-color --url "$url" "$3/openapi.json"
