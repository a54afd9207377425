#!/bin/sh
# Follows the mode of a target, for scripts: follow-mode.sh http://heartbeat-exporter:8091 gpt
# Prints primary or fallback, first the mode of now and then each change; needs curl. It comes back when the stream ends.
set -u
url=${1:-http://localhost:8091}
target=${2:-}
was=

while :; do
  curl --silent --show-error --no-buffer --fail --get "$url/api/v1/events" \
    --data-urlencode "type=mode" ${target:+--data-urlencode "target=$target"} |
    while IFS= read -r line; do
      case $line in
        data:*'"current_mode":"primary"'*) echo primary ;;
        data:*'"current_mode":"fallback"'*) echo fallback ;;
      esac
    done
  sleep 2
done | while IFS= read -r mode; do
  [ "$mode" = "$was" ] || echo "$mode"
  was=$mode
done
