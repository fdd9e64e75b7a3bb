#!/bin/sh
# Says again what others ask it to with "!echo WORDS". Usage: echo.sh [DATA_DIR]. Needs curl (7.82 or later) and jq.
dir=${1:-$HOME/.local/share/whispernet}
state=$dir/echo.sh.seq
asked='select(.via != "self" and (.replay | not) and (.body | startswith("!echo ") and length > 6))'
answer='{body: .body[6:], reply: .id, client: "echo.sh \(.id[:200])"}'

# api PATH [CURL-OPTION...]: the token is on no command line. It and the address may change, so both are read each time.
api() {
    path=$1 && shift
    curl -fsS --noproxy '*' --retry 5 --max-time 60 -H @/dev/fd/3 "$@" "http://$(jq -r .http "$dir/api.json")$path" 3<<END
Authorization: Bearer $(cat "$dir/api-token")
END
}
remember() { [ -n "$1" ] && echo "$1" >"$state.new" && mv "$state.new" "$state"; }

while sleep 1; do
    [ -s "$state" ] || remember "$(api /api/v1/status | jq .seq)" || continue
    api "/api/v1/messages?since=$(cat "$state")" | jq -c '.messages[]' | while IFS= read -r message; do
        words=$(printf '%s\n' "$message" | jq -c "$asked | $answer")
        # What the peer refuses (22) is left out; where it cannot be reached, the same message is tried again.
        [ -z "$words" ] || printf '%s\n' "$words" | api /api/v1/messages --json @- >/dev/null || [ $? -eq 22 ] || break
        remember "$(printf '%s\n' "$message" | jq .seq)"
    done
done
