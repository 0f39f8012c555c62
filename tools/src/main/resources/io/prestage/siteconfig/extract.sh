#!/bin/bash
#
# Loads prestaged images from this server's data partition into its container
# storage. Called extract-ai.sh it loads what ai-images.txt lists (discovery
# stage), called extract-ocp.sh what ocp-images.txt lists (installation stage).
#
# Reads images/NAME folders, which several images share the layers of, and
# NAME.tgz archives, whichever a partition has. Changes a partition only to
# unpack archives, in a folder that is gone in the end.
#
# Needs bash 4.4, podman, skopeo, jq, coreutils, util-linux; for archives tar,
# and pigz or gzip. The last line that it prints is [SUCCESS] ... or
# [FAIL] ..., and its exit code is 0 or not.

set -u -o pipefail

prog=${0##*/}
label=data
mounted=
work=
scratch=
SCRATCH_NAME=.prestage-scratch
declare -A names tags layers ready busy pids
running=()
failed=()
reported=0
total=0

function usage {
    cat <<EOF
Usage: $prog [--label LABEL]

Loads the images of this stage from the partition with the GPT name LABEL
(default: data) into the container storage.
EOF
}

function say {
    echo "[$1] $2"
}

# Ends what runs, unmounts, removes what was unpacked. Safe to call twice.
function clean_up {
    local pid
    for pid in "${running[@]}"; do
        kill -TERM -- "-${pids[$pid]}" 2>/dev/null
    done
    [[ ${#running[@]} -eq 0 ]] || wait
    running=()
    cd /
    [[ -z $scratch ]] || rm -rf -- "$scratch"
    scratch=
    if [[ -n $mounted ]]; then
        umount -- "$mounted" || umount --lazy -- "$mounted"
        rmdir -- "$mounted"
        mounted=
    fi
    [[ -z $work ]] || rm -rf -- "$work"
    work=
}

function fail {
    clean_up
    say FAIL "$1"
    exit "${2:-1}"
}

function on_signal {
    trap '' HUP INT TERM
    fail "stopped by a signal with $reported of $total images looked at" \
        $((128 + $1))
}

# The block device of the partition. udev's link is the rule; without udev the
# partition tables are read.
function find_device {
    local link=/dev/disk/by-partlabel/$label found
    if command -v udevadm >/dev/null; then
        udevadm settle --timeout=30
    fi
    if [[ -b $link ]]; then
        readlink -f -- "$link"
        return
    fi
    mapfile -t found < <(
        blkid -c /dev/null -t "PARTLABEL=$label" -o device 2>/dev/null)
    [[ ${#found[@]} -eq 1 ]] && echo "${found[0]}"
}

function mount_partition {
    local device where
    if ! device=$(find_device); then
        say ERROR "'lsblk -o NAME,PARTLABEL' lists the labels that there are"
        fail "no partition, or more than one, has the label $label"
    fi
    mounted=$(mktemp -d /run/prestage.XXXXXX) || fail "cannot write to /run"
    if ! mount -o ro,nodev,nosuid "$device" "$mounted"; then
        rmdir -- "$mounted"
        mounted=
        where=$(findmnt --noheadings --output TARGET --source "$device" |
            head -n 1)
        [[ -z $where ]] || fail "cannot mount $device: unmount it from $where"
        fail "cannot mount $device, the partition with the label $label"
    fi
    say INFO "Mounted $device, the partition with the label $label"
}

# Where a copy of the partition's file systems would be seen by all, this shell
# gets a view of its own: whatever ends it, nothing stays mounted.
function have_own_mounts {
    [[ -z ${PRESTAGE_OWN_MOUNTS:-} ]] || return
    if unshare --mount true 2>/dev/null; then
        PRESTAGE_OWN_MOUNTS=1 exec unshare --mount -- bash "$0" "$@"
    fi
}

# Which images there are to load, what their folders and tags are.
function read_lists {
    local stage=${prog#*extract-} source destination name list
    stage=${stage%.sh}
    list=$mounted/$stage-images.txt
    [[ -f $list ]] || fail "the partition has no ${list##*/}"
    mapfile -t images < <(sed 's/[[:space:]]*$//' "$list" | awk '
        NF && !seen[$0]++')
    total=${#images[@]}
    for source in "${images[@]}"; do
        name=${source##*/}
        names[$source]=${name/:/_}
    done
    # Two images of one name have folders of two names; the receipt knows.
    if [[ -f $mounted/receipt.json ]]; then
        while IFS=$'\t' read -r source name; do
            [[ -z ${names[$source]:-} ]] || names[$source]=$name
        done < <(jq -r '.images[] | "\(.source)\t\(.name)"' \
            "$mounted/receipt.json")
    fi
    [[ $stage == ai && -f $mounted/mapping.txt ]] || return 0
    while IFS='=' read -r source destination; do
        destination=${destination%$'\r'}
        if [[ $source == *@* && ${destination##*/} == *:* ]]; then
            tags[$source]=${destination##*:}
        fi
    done < "$mounted/mapping.txt"
}

# One line an image: its bytes, its name, and which of its layers others have.
function shared_layers {
    local source dir files=()
    for source in "${images[@]}"; do
        dir=$mounted/images/${names[$source]}
        [[ ! -d $dir ]] || files+=("$dir"/*manifest.json)
    done
    [[ ${#files[@]} -gt 0 ]] || return
    jq -r 'input_filename as $file | .layers[]?
        | "\($file) \(.digest) \(.size)"' "${files[@]}" 2>/dev/null |
        awk '{
            count = split($1, path, "/")
            name = path[count - 1]
            size[name] += $3
            if (!had[name, $2]++) {
                users[$2]++
                list[name] = list[name] " " $2
            }
        }
        END {
            for (name in list) {
                shared = ""
                split(list[name], own, " ")
                for (i in own) {
                    several = users[own[i]] - 1
                    shared = shared (several ? " " own[i] : "")
                }
                print size[name], name shared
            }
        }' | sort -k1,1nr
}

# The order to load in: large ones first, so that none is left for the end.
function plan_order {
    local name shared source
    local -A place
    for source in "${images[@]}"; do
        place[${names[$source]}]=$source
        # What an archive holds is not known before it is unpacked: one of
        # them goes ahead.
        layers[$source]=archive
    done
    queue=()
    while read -r _ name shared; do
        source=${place[$name]:-}
        [[ -n $source ]] || continue
        queue+=("$source")
        layers[$source]=$shared
        unset 'place[$name]'
    done < <(shared_layers)
    for source in "${images[@]}"; do
        name=${names[$source]}
        [[ ${place[$name]:-} != "$source" ]] || queue+=("$source")
    done
    for source in "${images[@]}"; do
        if [[ ! -d $mounted/images/${names[$source]} ]]; then
            prepare_for_archives
            return
        fi
    done
}

function prepare_for_archives {
    unpack=gzip
    ! command -v pigz >/dev/null || unpack=pigz
    if ! mount -o remount,rw "$mounted" ||
        ! rm -rf -- "${mounted:?}/$SCRATCH_NAME" ||
        ! mkdir -- "$mounted/$SCRATCH_NAME"; then
        fail "cannot write to the partition to unpack its archives"
    fi
    scratch=$mounted/$SCRATCH_NAME
}

# The reference that the storage knows an image by: no tag beside a digest.
function storage_name {
    local name=$1
    if [[ $name == *:*@* ]]; then
        local base=${name%@*}
        [[ ${base##*/} != *:* ]] || name=${base%:*}@${name#*@}
    fi
    echo "$name"
}

function is_loaded {
    podman image exists "$1" 2>/dev/null
}

# Loads one image. What it prints to fd 3 is the outcome: loaded or skipped.
function load {
    local source=$1 name=${names[$1]} dir outcome=loaded reference
    local tag=${tags[$1]:-}
    reference=$(storage_name "$source")
    if [[ $storage_empty == no ]] && is_loaded "$reference"; then
        outcome=skipped
    else
        dir=$mounted/images/$name
        if [[ ! -d $dir ]]; then
            dir=$scratch/$name
            if [[ ! -f $mounted/$name.tgz ]]; then
                echo "the partition has neither images/$name nor $name.tgz" >&2
                return 1
            fi
            tar --use-compress-program="$unpack" -xf "$mounted/$name.tgz" \
                -C "$scratch" || return 1
        fi
        skopeo --insecure-policy copy -q "dir:$dir" \
            "containers-storage:$reference" || return 1
        [[ $dir != "$scratch"/* ]] || rm -rf -- "$dir"
    fi
    if [[ -n $tag ]]; then
        tag=${reference%@*}:$tag
        # Whatever has the tag now, the image gets it.
        podman tag "$reference" "$tag" || return 1
    fi
    echo $outcome >&3
}

# Whether nobody is unpacking a layer just now that this image needs too.
# Two that unpack the same layer at a time do the work twice.
function may_start {
    local layer
    for layer in ${layers[$1]}; do
        [[ -z ${busy[$layer]:-} || -n ${ready[$layer]:-} ]] || return 1
    done
}

function start {
    local source=$1 number=$2 layer
    for layer in ${layers[$source]}; do
        busy[$layer]=1
    done
    load "$source" 3>"$work/$number.outcome" >"$work/$number.log" 2>&1 \
        </dev/null &
    pids[$number]=$!
    running+=("$number")
}

# Looks at what has ended since.
function collect {
    local number source layer outcome still=()
    for number in "${running[@]}"; do
        if kill -0 "${pids[$number]}" 2>/dev/null; then
            still+=("$number")
            continue
        fi
        wait "${pids[$number]}"
        source=${queue[$number]}
        reported=$((reported + 1))
        outcome=$(< "$work/$number.outcome")
        for layer in ${layers[$source]}; do
            unset 'busy[$layer]'
            [[ -z $outcome ]] || ready[$layer]=1
        done
        case $outcome in
            loaded)
                say INFO "Loaded $source [$reported/$total]"
                ;;
            skipped)
                say INFO "Skipped existing image $source [$reported/$total]"
                ;;
            *)
                failed+=("$source")
                say ERROR "Could not load $source [$reported/$total]: $(
                    tail -n 1 "$work/$number.log")"
                ;;
        esac
    done
    running=("${still[@]}")
}

# Loads all of the queue, so many at a time.
function load_queue {
    local waiting=("${!queue[@]}") number left free
    while [[ ${#waiting[@]} -gt 0 || ${#running[@]} -gt 0 ]]; do
        left=()
        for number in "${waiting[@]}"; do
            free=$((jobs - ${#running[@]}))
            if [[ $free -gt 0 ]] && may_start "${queue[$number]}"; then
                start "${queue[$number]}" "$number"
            else
                left+=("$number")
            fi
        done
        waiting=("${left[@]}")
        if [[ ${#running[@]} -gt 0 ]]; then
            wait -n
            collect
        fi
    done
}

while [[ $# -gt 0 ]]; do
    case $1 in
        -l|--label)
            [[ $# -gt 1 ]] || fail "$1 needs a partition's label"
            label=$2
            shift 2
            ;;
        --label=*)
            label=${1#*=}
            shift
            ;;
        -h|--help)
            usage
            exit 0
            ;;
        *)
            usage >&2
            fail "'$1' is not an option"
            ;;
    esac
done

have_own_mounts --label "$label"
trap clean_up EXIT
trap 'on_signal 1' HUP
trap 'on_signal 2' INT
trap 'on_signal 15' TERM
set -m # each image's programs are a group, which can be ended as a whole

for tool in podman skopeo jq blkid; do
    command -v $tool >/dev/null || fail "this server has no $tool"
done
work=$(mktemp -d /run/prestage-work.XXXXXX) || fail "cannot write to /run"
jobs=$(($(nproc) * 4 / 5))
[[ $jobs -gt 0 ]] || jobs=1

mount_partition
read_lists
plan_order
storage_empty=yes
[[ -z $(podman images --all --quiet 2>/dev/null) ]] || storage_empty=no
say INFO "Loading $total images, $jobs at a time"
load_queue

if [[ ${#failed[@]} -gt 0 ]]; then
    say INFO "Trying ${#failed[@]} images once more"
    queue=("${failed[@]}")
    failed=()
    reported=$((total - ${#queue[@]}))
    storage_empty=no
    load_queue
fi
lost=${#failed[@]}
if [[ $lost -gt 0 ]]; then
    fail "$lost of $total images were not loaded, after $SECONDS seconds"
fi
clean_up
say SUCCESS "All $total images are loaded, in $SECONDS seconds"
