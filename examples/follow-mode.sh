#!/bin/sh
# Follows the mode of a target, for scripts: follow-mode.sh http://heartbeat-exporter:8091 gpt
# Prints primary or fallback: the mode of now, then each change. Comes back when the stream ends. Needs curl.
set -u
url=${1:-http://localhost:8091}
target=${2:?want the name of a target}

folder=$(mktemp -d) || exit 1
mkfifo "$folder/events" || exit 1
curl=
end() {
  [ -z "$curl" ] || kill "$curl" 2>/dev/null
  rm -r "$folder"
  exit 0
}
trap end INT TERM HUP

mode=
while :; do
  curl --silent --show-error --no-buffer --fail --get "$url/api/v1/events" \
    --data-urlencode type=mode --data-urlencode "target=$target" >"$folder/events" &
  curl=$!
  while IFS= read -r line; do
    was=$mode
    case $line in
      data:*'"current_mode":"primary"'*) mode=primary ;;
      data:*'"current_mode":"fallback"'*) mode=fallback ;;
    esac
    [ "$mode" = "$was" ] || echo "$mode"
  done <"$folder/events"
  sleep 2
done
