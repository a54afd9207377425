#!/bin/sh
# Keeps an upstream of nginx on the member that a route of heartbeat-exporter uses, and reloads nginx at each change. Needs
# curl. While the exporter is away, the last upstream stays.
#
#   nginx-route.sh http://heartbeat-exporter:8091 chat /etc/nginx/upstreams/chat.conf 'nginx -s reload'
set -eu
url=$1 route=$2 file=$3 reload=$4
# The servers of the members, which nginx knows better than the exporter: one line per member.
server_of() {
  case $1 in
    openai) echo "openai.internal:8080" ;;
    ollama) echo "ollama.internal:11434" ;;
    *) return 1 ;;
  esac
}

etag=
headers=$(mktemp)
trap 'rm -f "$headers"' EXIT
while :; do
  # Waits for a change, at most 30 s; 304 leaves the name empty.
  if name=$(curl -fsS --max-time 40 -D "$headers" "$url/route/$route?format=text&wait=30s&etag=$etag"); then
    if [ -n "$name" ]; then
      if server=$(server_of "$name"); then
        printf 'upstream %s { server %s; }\n' "$route" "$server" >"$file.new"
        mv "$file.new" "$file"
        sh -c "$reload"
        etag=$(sed -n 's/^[Ee][Tt][Aa][Gg]: *"\{0,1\}\([A-Za-z0-9_-]*\).*/\1/p' "$headers")
      else
        echo "nginx-route.sh: no server for $name" >&2
        sleep 10
      fi
    fi
  else
    sleep 2
  fi
done
