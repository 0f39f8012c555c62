#!/bin/sh
# Compares how fast one node serves a blob on loopback with nginx, which does it by sendfile, too: compare-with-nginx.sh [ROUNDS]
#
# Both serve the same file of 64 MiB, from memory if /dev/shm has room, to curl: one connection after the other, then four at a
# time. Each round measures one directly after the other, since machines differ more from one minute to the next than the two do.
# Needs nginx, curl, and the built program; about 1.5 GB below /dev/shm or $TMPDIR.
set -eu
rounds=${1:-5}
program=$(dirname "$0")/../../target/prestage/bin/prestage
[ -x "$program" ] || { echo "build it first: mvn -q -DskipTests package" >&2; exit 1; }
for tool in nginx curl; do
  command -v $tool > /dev/null || PATH=$PATH:/usr/sbin command -v $tool > /dev/null ||
    { echo "this needs $tool: apt-get install nginx-light curl" >&2; exit 1; }
done
base=/dev/shm
[ -w $base ] && [ "$(df -Pk $base | awk 'NR == 2 { print $4 }')" -gt 3000000 ] || base=${TMPDIR:-/tmp}
work=$(mktemp -d "$base/prestage-serving-XXXXXX")
fleet='' nginx=''
trap 'kill $fleet $nginx 2> /dev/null || true; wait; rm -rf "$work"' EXIT

"$program" demo --servers 1 --size 512MiB --dir "$work" --stay > "$work/demo.log" 2>&1 &
fleet=$!
until grep -q '^the fleet stays' "$work/demo.log"; do
  kill -0 $fleet 2> /dev/null || { cat "$work/demo.log" >&2; exit 1; }
  sleep 1
done
blob=$(find "$work" -path '*/seed/blobs/sha256/*' -size +40M | head -n 1)
hex=${blob##*/}
page=$(grep -o 'http://[0-9.]*:[0-9]*' "$work/demo.log" | head -n 1)
cat > "$work/nginx.conf" <<CONFIG
daemon off; worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.log; user $(id -un);
events { worker_connections 256; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 10000;
  client_body_temp_path $work; proxy_temp_path $work; fastcgi_temp_path $work; uwsgi_temp_path $work; scgi_temp_path $work;
  server { listen 127.0.0.1:18099; root ${blob%/*}; }
}
CONFIG
PATH=$PATH:/usr/sbin nginx -c "$work/nginx.conf" &
nginx=$!
of_nginx=http://127.0.0.1:18099/$hex
of_node=$page/v2/demo/blobs/sha256:$hex
size=$(stat -c %s "$blob")
for url in "$of_nginx" "$of_node"; do # both warm, and the same bytes from both
  curl -sf --retry 20 --retry-connrefused --retry-delay 0 -o "$work/got" "$url"
  seq 300 | xargs -P 2 -I{} curl -sf -r 0-1000000 -o /dev/null "$url"
  [ "$(sha256sum < "$work/got" | cut -d' ' -f1)" = "$hex" ] || { echo "$url is not the blob" >&2; exit 1; }
done

rate() { # URL, connections: MB/s
  start=$(date +%s%N)
  seq 40 | xargs -P "$2" -I{} curl -sf -o /dev/null "$1"
  echo $((40 * size * 1000 / ($(date +%s%N) - start)))
}
for connections in 1 4; do
  for _ in $(seq "$rounds"); do
    echo "$(rate "$of_nginx" $connections) $(rate "$of_node" $connections)"
  done | awk -v c="$connections" '{ n += $1; p += $2; printf "%d at a time: nginx %d MB/s, node %d MB/s, %.3f\n", c, $1, $2, $2 / $1 }
    END { printf "%d at a time, all rounds: %.3f of nginx\n", c, p / n }'
done
