#!/bin/sh
# Runs a command and reports its start, its end and its exit status, with the end of what it printed:
#   HEARTBEAT_URL=http://localhost:8091/ping HEARTBEAT_TOKEN_FILE=/run/secrets/ping ping.sh NAME COMMAND [ARG...]
# Without a command it only says that NAME is alive. Needs curl or wget.
#
# A report never fails the command, and delays it by at most 2 s: after that, reporting goes on in the background. HUP, INT,
# QUIT, TERM, USR1 and USR2 are passed on to the command; its end is reported then too, and its exit status, 128 + N if
# signal N has killed it, is that of this script.
set -u
: "${HEARTBEAT_URL:=http://localhost:8091/ping}"
if [ $# -eq 0 ]; then
  echo "usage: $0 NAME [COMMAND [ARG...]]" >&2
  exit 2
fi
name=$1
shift
job= signal= caught= late=

# The command runs without a scratch folder too, for example on a full disk; its output is then not reported.
scratch=$(mktemp -d) || scratch=
trap '[ -z "$scratch" ] || rm -rf "$scratch"' EXIT
errors=${scratch:+$scratch/errors}
: "${errors:=/dev/null}"

# Shells start background commands with INT and QUIT ignored. Where nothing can undo that, INT and QUIT are passed on as TERM.
reset=
if env --default-signal=INT,QUIT true 2>/dev/null; then reset="env --default-signal=INT,QUIT"; fi

pass_on() {
  caught=1 signal=$1
  case $1 in INT | QUIT)
    if [ -z "$reset" ] && [ -z "${BASH_VERSION:-}" ]; then
      signal=TERM
    elif [ -t 0 ]; then
      # The terminal has sent it to the command itself.
      return
    fi
    ;;
  esac
  [ -z "$job" ] || kill -s "$signal" "$job" 2>/dev/null
}
for one in HUP INT QUIT TERM USR1 USR2; do trap "pass_on $one" "$one"; done
trap 'late=1' ALRM

# Waits for a process. Fails once the patience is over. A signal interrupts `wait`, which then has to wait again.
await() {
  while [ -z "$late" ]; do
    caught=
    wait "$1" 2>/dev/null
    code=$?
    [ -n "$late" ] || [ -n "$caught" ] || return "$code"
  done
  return 1
}

token=
if [ -n "${HEARTBEAT_TOKEN_FILE:-}" ]; then token=$(cat "$HEARTBEAT_TOKEN_FILE"); fi
limit=
if timeout 1 true 2>/dev/null; then limit=timeout; fi

# send SECONDS PATH [BODY]: the token is not among the arguments of a process, which every user can see, except with
# busybox' wget, which has no other way.
send() {
  seconds=$1 url="${HEARTBEAT_URL%/}/$name$2" body=${3:-}
  set --
  if command -v curl >/dev/null 2>&1; then
    [ -z "$body" ] || set -- --data-binary "@$body"
    { [ -z "$token" ] || printf 'header = "Authorization: Bearer %s"\n' "$token"; } |
      ${limit:+$limit "$seconds"} curl --config - --fail --silent --show-error --max-time "$seconds" \
        --output /dev/null "$@" "$url"
    return
  fi
  [ -z "$body" ] || set -- --post-file="$body"
  if [ -n "$scratch" ] && wget --version 2>/dev/null | grep -q '^GNU Wget '; then
    [ -z "$token" ] || printf 'header = Authorization: Bearer %s\n' "$token" >"$scratch/wgetrc"
    [ -z "$token" ] || set -- --config="$scratch/wgetrc" "$@"
    set -- --no-verbose --tries=1 --timeout="$seconds" "$@"
  else
    [ -z "$token" ] || set -- --header "Authorization: Bearer $token" "$@"
  fi
  ${limit:+$limit "$seconds"} wget -O /dev/null "$@" "$url"
}

# report PATH [BODY]: tries for a minute, but not again if the exporter refuses it.
report() {
  for pause in 1 2 4 8 16 0; do
    if send 10 "$@" >/dev/null 2>"$errors"; then return 0; fi
    if grep -Eq '(error: |ERROR |HTTP/1\.[01] )4(0[0-79]|1[0-9]|2[0-8]|[3-9][0-9])' "$errors"; then break; fi
    sleep "$pause"
  done
  return 1
}

# Reports the end as far as the patience allows, and the rest in the background.
finish() {
  {
    # The rest of the 2 s is for the script itself. A `sleep` that knows whole seconds only fails at once.
    { sleep 1.2 || sleep 1; } &
    sleeper=$!
    trap 'kill "$sleeper"' TERM
    wait "$sleeper" && kill -s ALRM $$
  } </dev/null >/dev/null 2>&1 &
  watch=$!
  [ -z "$starting" ] || await "$starting"
  {
    report "$@"
    code=$?
    [ ! -e "$scratch/left" ] || rm -rf "$scratch"
    exit "$code"
  } </dev/null >/dev/null 2>&1 &
  reporter=$!
  if await "$reporter"; then
    :
  elif [ -n "$late" ]; then
    echo "$0: $name could not be reported yet; trying again for a minute" >&2
    # From now on the folder belongs to the reporter.
    if [ -n "$scratch" ]; then : >"$scratch/left"; fi
    scratch=
  else
    echo "$0: $name could not be reported: $(tail -n 1 "$errors")" >&2
  fi
  kill "$watch" 2>/dev/null
}

starting=
if [ $# -eq 0 ]; then
  finish ""
  exit 0
fi

rid=$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen 2>/dev/null)
query=${rid:+?rid=$rid}
{ send 2 "/start$query"; } </dev/null >/dev/null 2>&1 &
starting=$!

# A background command would read from /dev/null.
if { : <&0; } 2>/dev/null; then exec 3<&0; else exec 3</dev/null; fi
run() {
  trap - INT QUIT
  # shellcheck disable=SC2086 # the words of reset
  exec $reset "$@"
}
if [ -n "$scratch" ]; then
  run "$@" <&3 3<&- >"$scratch/output" 2>&1 &
else
  run "$@" <&3 3<&- &
fi
job=$!
# One that came before the command was there.
[ -z "$signal" ] || kill -s "$signal" "$job" 2>/dev/null

status=
while :; do
  caught=
  wait "$job" 2>/dev/null
  code=$?
  # The shell has told the status already, before the signal came.
  if [ "$code" -eq 127 ] && [ -n "$status" ]; then break; fi
  status=$code
  [ -n "$caught" ] || break
done
job=

if [ -n "$scratch" ]; then
  cat "$scratch/output"
  tail -c 10000 "$scratch/output" >"$scratch/end"
  finish "/$status$query" "$scratch/end"
else
  finish "/$status$query"
fi
exit "$status"
