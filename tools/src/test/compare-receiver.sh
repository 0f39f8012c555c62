#!/bin/sh
# Compares how fast one node receives with what hashing and the disk alone take: compare-receiver.sh [ROUNDS] [DIR] [SIZE]
#
# A node that joins a fleet over loopback hashes every byte twice, as part of a piece and as part of a blob, writes it, and
# flushes it before it calls itself complete. Each round measures, one directly after the other and for the same bytes: such a
# node, from its plan to its receipt; and openssl hashing them twice on all processors while cat copies and sync flushes them. The
# node does besides what those two do not: it receives the bytes, from two nodes that send them on the same processors.
# With PINNED=1 the senders have the first processor, and the receiver, like openssl and cat, the second for itself.
# DIR, which decides what writing costs, is /dev/shm if it has room. On a disk of a virtual machine much depends on whether its host
# has taken free memory back, which is several times as slow to write to.
# Needs openssl, curl, jq, and the built program; five times SIZE, which is 1GiB, in DIR.
set -eu
rounds=${1:-5}
program=$(realpath "$(dirname "$0")/../../target/prestage/bin/prestage")
[ -x "$program" ] || { echo "build it first: mvn -q -DskipTests package" >&2; exit 1; }
for tool in openssl curl jq; do
  command -v $tool > /dev/null || { echo "this needs $tool: apt-get install $tool" >&2; exit 1; }
done
base=/dev/shm
[ -w $base ] && [ "$(df -Pk $base | awk 'NR == 2 { print $4 }')" -gt 6000000 ] || base=${TMPDIR:-/tmp}
base=${2:-$base}
size=${3:-1GiB}
senders='' receiver='' processors=$(nproc)
if [ -n "${PINNED:-}" ]; then
  senders='taskset -c 0' receiver='taskset -c 1' processors=1
fi
work=$(mktemp -d "$base/prestage-receiving-XXXXXX")
fleet='' node=''
trap 'kill $fleet $node 2> /dev/null || true; wait; rm -rf "$work"' EXIT

$senders "$program" demo --servers 1 --size "$size" --dir "$work" --stay > "$work/demo.log" 2>&1 &
fleet=$!
until grep -q '^the fleet stays' "$work/demo.log"; do
  kill -0 $fleet 2> /dev/null || { cat "$work/demo.log" >&2; exit 1; }
  sleep 1
done
root=$(dirname "$(dirname "$(find "$work" -path '*/seed/blobs')")")
seed=$(grep -o 'fleet: http://[0-9.]*' "$work/demo.log" | grep -o '[0-9.]*$')
cluster=$(basename "$root")
blobs() { find "$root/seed/blobs/sha256" -type f; }
bytes=$(blobs | xargs cat | wc -c)

since() { echo $(($(date +%s%N) - $1)); } # nanoseconds
share() { echo $((bytes * 1000 / $1)); }  # MB/s, if the bytes took that many nanoseconds

receive() {
  $receiver "$program" node -f "$work/node" --insecure --bind "${seed%.*}.99" --discovery static --peers "$seed" --cluster "$cluster" \
    --name joining --exit-when-complete > "$work/node.log" 2>&1 &
  node=$!
  wait $node || { cat "$work/node.log" >&2; exit 1; }
  node=''
  from=$(date -d "$(jq -r .started "$work/node/receipt.json")" +%s%N)
  share $(($(date -d "$(jq -r .finished "$work/node/receipt.json")" +%s%N) - from))
  rm -rf "$work/node"
}
hash_and_write() {
  from=$(date +%s%N)
  { blobs; blobs; } | $receiver xargs -P "$processors" -n 1 openssl dgst -sha256 > "$work/hashes" &
  hashing=$!
  blobs | $receiver xargs cat > "$work/copy"
  sync "$work/copy"
  wait $hashing
  share "$(since "$from")"
  rm "$work/copy"
}
receive > "$work/warm" # and all that is read from here on is in memory
for _ in $(seq "$rounds"); do
  echo "$(receive) $(hash_and_write)"
done | awk '{ r += $1; l += $2; printf "node %d MB/s; hashing and writing alone %d MB/s; %.2f of that\n", $1, $2, $1 / $2 }
  END { printf "all rounds: %.2f\n", r / l }'
