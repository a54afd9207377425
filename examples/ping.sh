#!/bin/sh
# Runs a command and reports its start, its end and its exit status, with the end of what it printed:
#   HEARTBEAT_URL=http://localhost:8091/ping HEARTBEAT_TOKEN_FILE=/run/secrets/ping ping.sh NAME COMMAND [ARG...]
# Without a command it only says that NAME is alive. A heartbeat that cannot be reported never fails the command.
set -u
: "${HEARTBEAT_URL:=http://localhost:8091/ping}"
if [ $# -eq 0 ]; then
  echo "usage: $0 NAME [COMMAND [ARG...]]" >&2
  exit 2
fi
name=$1
shift

# The token goes in by a file that only this user can read: the arguments of a process can be seen by everybody.
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
if [ -n "${HEARTBEAT_TOKEN_FILE:-}" ]; then
  printf 'header = "Authorization: Bearer %s"\n' "$(cat "$HEARTBEAT_TOKEN_FILE")" >"$scratch/curl"
else
  : >"$scratch/curl"
fi

ping() {
  path=$1
  shift
  curl --config "$scratch/curl" --fail --silent --show-error --max-time 10 --retry 3 --retry-connrefused \
    --output /dev/null "$@" "$HEARTBEAT_URL/$name$path" || echo "$0: $name could not be reported" >&2
}

if [ $# -eq 0 ]; then
  ping ""
  exit 0
fi
rid=$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen)
ping "/start?rid=$rid"
"$@" >"$scratch/output" 2>&1
status=$?
cat "$scratch/output"
tail -c 10000 "$scratch/output" >"$scratch/end"
ping "/$status?rid=$rid" --data-binary "@$scratch/end"
exit "$status"
