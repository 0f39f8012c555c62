#!/bin/sh
# Compares 'prestage download' on this machine with what it replaces, in one run: compare-with-skopeo.sh [WORKERS]
#
# 24 images of three layers, two of them shared, 400 MB unique, in a registry on loopback. Measured are, with as many workers each:
#   tgz     skopeo copy to dir:, then tar czf, image by image, as factory-precaching-cli did
#   layout  skopeo copy into one shared OCI layout, one after the other, for layouts cannot be written by two at a time
#   native  prestage download
# Needs docker-registry, skopeo, python3, and the built program; about 2 GB below $TMPDIR.
set -eu
workers=${1:-2}
program=$(dirname "$0")/../../target/prestage/bin/prestage
[ -x "$program" ] || { echo "build it first: mvn -q -DskipTests package" >&2; exit 1; }
work=$(mktemp -d)
port=5987
cat > "$work/config.yml" <<CONFIG
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: 127.0.0.1:$port, secret: compare}
CONFIG
docker-registry serve "$work/config.yml" > "$work/registry.log" 2>&1 &
registry=$!
trap 'kill $registry; rm -rf "$work"' EXIT

python3 - "http://127.0.0.1:$port/v2/" <<'PUSH'
import gzip, hashlib, io, json, random, sys, tarfile, time, urllib.request

base = sys.argv[1]

def send(method, url, data=None, **headers):
    return urllib.request.urlopen(urllib.request.Request(url, data, {k.replace("_", "-"): v for k, v in headers.items()}, method=method))

for attempt in range(100):
    try:
        send("GET", base)
        break
    except OSError:
        time.sleep(0.1)

def layer(name, size, seed):
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = size
        tar.addfile(entry, io.BytesIO(random.Random(seed).randbytes(size)))
    return plain.getvalue(), gzip.compress(plain.getvalue(), 1)

def push(repository, content):
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    place = send("POST", f"{base}{repository}/blobs/uploads/").headers["Location"]
    send("PUT", place + ("&" if "?" in place else "?") + "digest=" + digest, content, Content_Type="application/octet-stream")
    return {"digest": digest, "size": len(content)}

shared = [layer("shared", 60_000_000, seed) for seed in (1, 2)]
for number in range(24):
    repository = f"image{number}"
    layers = shared + [layer("own", 280_000_000 // 24, 100 + number)]
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {
        "type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(plain).hexdigest() for plain, _ in layers]}}).encode()
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": dict(push(repository, config), mediaType="application/vnd.oci.image.config.v1+json"),
                "layers": [dict(push(repository, zipped), mediaType="application/vnd.oci.image.layer.v1.tar+gzip")
                           for _, zipped in layers]}
    send("PUT", f"{base}{repository}/manifests/v1", json.dumps(manifest).encode(), Content_Type=manifest["mediaType"])
PUSH

numbers=$(seq 0 23)
now() { date +%s.%N; }
report() { # name, start, end, folder
  echo "$1 $2 $3 $(du -sk "$4" | cut -f1)" |
    awk '{ printf "%-7s %6.1f s  %5.2f GB\n", $1, $3 - $2, $4 * 1024 / 1e9 }'
}

mkdir "$work/tgz" "$work/layout" "$work/native"
start=$(now)
# shellcheck disable=SC2016 # expanded by the inner shell
echo "$numbers" | xargs -P "$workers" -I{} sh -c '
  skopeo copy -q --src-tls-verify=false "docker://127.0.0.1:$2/image$1:v1" "dir:$3/image$1_v1" &&
  tar -C "$3" -czf "$3/image$1_v1.tgz" "image$1_v1" && rm -r "$3/image$1_v1"' sh {} "$port" "$work/tgz"
sync
report tgz "$start" "$(now)" "$work/tgz"

start=$(now)
for number in $numbers; do
  skopeo copy -q --src-tls-verify=false "docker://127.0.0.1:$port/image$number:v1" "oci:$work/layout:image$number"
done
sync
report layout "$start" "$(now)" "$work/layout"

images=
for number in $numbers; do images="$images --image 127.0.0.1:$port/image$number:v1"; done
start=$(now)
# shellcheck disable=SC2086 # one word an option
"$program" download -f "$work/native" --tls-verify=false -p "$workers" $images > "$work/native.log"
sync
report native "$start" "$(now)" "$work/native"
