#!/bin/sh
# Runs a command and reports its start, its end and its exit status, with the end of what it printed:
#   HEARTBEAT_URL=http://localhost:8091/ping HEARTBEAT_TOKEN_FILE=/run/secrets/ping ping.sh NAME COMMAND [ARG...]
# Without a command it only says that NAME is alive. Needs curl or wget.
# HEARTBEAT_FACTS, such as "hostname=$(hostname -f)&owner=web&labels.team=shop", are the facts of a NAME that registers itself, as the
# query of a URL: spaces and the like are percent-encoded.
#
# Reports never fail the command, and delay it by less than 2 s in all: after that, reporting goes on in the background. HUP, INT,
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
# Seconds by which the reports of the start and of the end may delay the command; the rest of the 2 s is for this script.
first=0.3 last=0.9
if ! sleep 0.01 2>/dev/null; then first=0 last=1; fi
job= signal= caught=

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

# Waits for a process, also if a signal interrupts `wait`. The result is in `code`.
await() {
  code=
  while :; do
    caught=
    wait "$1" 2>/dev/null
    now=$?
    # The shell has told the status already, before the signal came.
    if [ "$now" -eq 127 ] && [ -n "$code" ]; then return 0; fi
    code=$now
    [ -n "$caught" ] || return 0
  done
}

# within SECONDS STEP COMMAND [ARG...]: starts a command in the background, and waits for it for this time at most. Fails if
# it goes on after that; `pid` is then its process, else its status is in `code`. What is waited for is a `sleep`, which the
# command's end ends: so this cannot take longer, whatever happens.
within() {
  sleep "$1" </dev/null >/dev/null 2>&1 &
  sleeper=$! step=$2
  shift 2
  [ -z "$scratch" ] || : >"$scratch/waiting-$step"
  {
    "$@"
    result=$?
    if [ -n "$scratch" ]; then
      : >"$scratch/done-$step"
      # The process may be another one by now if it is not waited for.
      if [ -e "$scratch/waiting-$step" ]; then kill "$sleeper"; fi
      if [ -e "$scratch/left" ]; then rm -rf "$scratch"; fi
    fi
    exit "$result"
  } </dev/null >/dev/null 2>&1 &
  pid=$!
  await "$sleeper"
  [ -z "$scratch" ] || rm -f "$scratch/waiting-$step"
  [ "$code" -gt 128 ] || return 1
  await "$pid"
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

# Reports the end after the start. A start that came later would be a run without an end.
report_end() {
  if [ -n "$starting" ]; then
    for _ in 1 2 3; do [ -e "$scratch/done-start" ] || sleep 1; done
  fi
  report "$@"
}

# Reports the end as far as the patience allows, and goes on in the background.
finish() {
  if ! within "$last" end report_end "$@"; then
    [ -z "$scratch" ] || echo "$0: $name could not be reported yet; trying again for a minute" >&2
    # From now on the folder belongs to the background.
    if [ -n "$scratch" ]; then : >"$scratch/left"; fi
    scratch=
  elif [ "$code" -ne 0 ]; then
    echo "$0: $name could not be reported: $(tail -n 1 "$errors")" >&2
  fi
}

starting= facts=${HEARTBEAT_FACTS:-}
if [ $# -eq 0 ]; then
  finish "${facts:+?$facts}"
  exit 0
fi

rid=$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen 2>/dev/null)
query=${rid:+?rid=$rid}
[ -z "$facts" ] || query="${query:-?}${query:+&}$facts"
# The command runs after the report of its start, so that its duration is right, unless that takes too long.
within "$first" start send 2 "/start$query" || starting=$pid

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

await "$job"
status=$code
job=

if [ -n "$scratch" ]; then
  cat "$scratch/output"
  tail -c 10000 "$scratch/output" >"$scratch/end"
  finish "/$status$query" "$scratch/end"
else
  finish "/$status$query"
fi
exit "$status"
