#!/bin/bash
# Compares loading images at the site with what it replaces, in one run, as root: compare-loading.sh
#
# 12 images of three layers of many files, two of them shared, in a registry on loopback, downloaded to a partition on a loop disk. Each
# way loads them from there into an empty container storage, with the parallelism of the loading script:
#   native  the loading script, which reads images/
#   tgz     image by image: unpack NAME.tgz onto the partition, skopeo copy from dir:, remove what was unpacked
# Shown are the time of each, and of the stages of tgz, which add up the workers' times.
# Needs the built program, docker-registry, skopeo, podman, jq, pigz, gdisk, xfsprogs, python3; about 5 GB below $TMPDIR.
set -eu -o pipefail
program=$(realpath "$(dirname "$0")/../../target/prestage/bin/prestage")
[[ -x $program ]] || { echo "build it first: mvn -q -DskipTests package" >&2; exit 1; }
work=$(mktemp -d)
port=5988
label=compare-$$
registry=
disk=
clean_up() {
    [[ -z $registry ]] || kill "$registry"
    if mountpoint -q "$work/mount"; then umount "$work/mount"; fi
    for graph in "$work"/graph-*/overlay; do
        if mountpoint -q "$graph"; then umount "$graph"; fi
    done
    if [[ -n $disk ]]; then
        partx --delete "$disk" 2> /dev/null || true # there may be none
        losetup -d "$disk"
    fi
    rm -rf "$work"
}
trap clean_up EXIT
cat > "$work/config.yml" <<CONFIG
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: 127.0.0.1:$port, secret: compare}
CONFIG
docker-registry serve "$work/config.yml" > "$work/registry.log" 2>&1 &
registry=$!

python3 - "http://127.0.0.1:$port/v2/" "127.0.0.1:$port" > "$work/images" <<'PUSH'
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

def layer(size, seed):
    plain, content = io.BytesIO(), random.Random(seed)
    with tarfile.open(fileobj=plain, mode="w") as tar:
        while plain.tell() < size:
            entry = tarfile.TarInfo(f"usr/lib/{seed}/{plain.tell()}")
            entry.size = 2 * content.randrange(1_000, 60_000)
            tar.addfile(entry, io.BytesIO(content.randbytes(entry.size // 2).hex().encode()))  # half of it compresses away
    return plain.getvalue(), gzip.compress(plain.getvalue(), 1)

def push(repository, content):
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    place = send("POST", f"{base}{repository}/blobs/uploads/").headers["Location"]
    send("PUT", place + ("&" if "?" in place else "?") + "digest=" + digest, content, Content_Type="application/octet-stream")
    return {"digest": digest, "size": len(content)}

shared = [layer(60_000_000, seed) for seed in (1, 2)]
for number in range(12):
    repository = f"image{number}"
    layers = shared + [layer(20_000_000, 100 + number)]
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {
        "type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(plain).hexdigest() for plain, _ in layers]}}).encode()
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": dict(push(repository, config), mediaType="application/vnd.oci.image.config.v1+json"),
                "layers": [dict(push(repository, zipped), mediaType="application/vnd.oci.image.layer.v1.tar+gzip")
                           for _, zipped in layers]}
    content = json.dumps(manifest).encode()
    send("PUT", f"{base}{repository}/manifests/v1", content, Content_Type=manifest["mediaType"])
    print(f"{sys.argv[2]}/{repository}@sha256:{hashlib.sha256(content).hexdigest()}")
PUSH
mapfile -t images < "$work/images"

truncate -s 4G "$work/disk.img"
disk=$(losetup -f --show "$work/disk.img")
"$program" partition -d "$disk" -s 3 -l "$label" > "$work/partition.log"
"$program" siteconfig --print-script ocp > "$work/extract-ocp.sh"
mkdir "$work/mount"
mount "${disk}p1" "$work/mount"
"$program" download -f "$work/mount" --tls-verify=false "${images[@]/#/--img=}" > "$work/download.log"
for image in "$work"/mount/images/*; do
    name=${image##*/}
    tar -C "${image%/*}" -I "pigz -1" -cf "$work/mount/$name.tgz" "$name"
done
umount "$work/mount"

jobs=$(($(nproc) * 4 / 5)) # as the loading script has it
[[ $jobs -gt 0 ]] || jobs=1
now() { date +%s.%N; }
seconds() { awk -v from="$1" -v to="$2" 'BEGIN { printf "%.1f\n", to - from }'; }
use_storage() {
    printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' "$work/graph-$1" "$work/run-$1" > "$work/$1.conf"
    export CONTAINERS_STORAGE_CONF=$work/$1.conf
    podman images --quiet # makes it
    sync
}
check() { for image in "${images[@]}"; do podman image exists "$image"; done; }

use_storage native
start=$(now)
bash "$work/extract-ocp.sh" --label "$label" > "$work/native.log" || { cat "$work/native.log" >&2; exit 1; }
sync
native=$(seconds "$start" "$(now)")
check

load_tgz() { # work folder, reference
    local name=${2##*/} start unpacked copied
    name=${name/:/_}
    start=$(date +%s.%N)
    tar -I pigz -xf "$1/mount/$name.tgz" -C "$1/mount/scratch"
    unpacked=$(date +%s.%N)
    skopeo --insecure-policy copy -q "dir:$1/mount/scratch/$name" "containers-storage:$2"
    copied=$(date +%s.%N)
    rm -r "$1/mount/scratch/$name"
    echo "$start $unpacked $copied $(date +%s.%N)" >> "$1/stages"
}
export -f load_tgz
use_storage tgz
start=$(now)
mount "${disk}p1" "$work/mount"
mkdir "$work/mount/scratch"
printf '%s\n' "${images[@]}" | xargs -P "$jobs" -I{} bash -e -c 'load_tgz "$@"' bash "$work" {}
umount "$work/mount"
sync
tgz=$(seconds "$start" "$(now)")
check

echo "${#images[@]} images, $jobs at a time"
echo "native  $native s"
awk -v all="$tgz" '
    { unpack += $2 - $1; copy += $3 - $2; remove += $4 - $3 }
    END { printf "tgz     %.1f s: unpack %.1f s, copy %.1f s, remove %.1f s\n", all, unpack, copy, remove }' "$work/stages"
awk -v native="$native" -v tgz="$tgz" 'BEGIN { printf "native is %.2f x faster\n", tgz / native }'
