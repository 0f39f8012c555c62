#!/bin/sh
# Installs on Debian 12 what the tests run: a JDK, Maven, a registry, the tools that read images, namespaces and disks, others
# that distribute files.
# Does nothing, quickly, where everything is there already. Needs root.
set -eu

packages="
  openjdk-17-jdk-headless maven
  docker-registry skopeo umoci apache2-utils openssl ca-certificates
  iproute2 curl busybox-static procps mount
  xfsprogs util-linux gdisk podman jq pigz shellcheck python3-bashate
  gnupg
  aria2 opentracker mktorrent
  chromium chromium-driver fonts-dejavu-core bsdutils
  prometheus podman podman-compose runc netavark aardvark-dns iptables debootstrap
"

missing=
for package in $packages; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
  echo "install-test-tools.sh: run it as root, it installs:$missing" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
# shellcheck disable=SC2086 # one word a package
apt-get -q install -y --no-install-recommends $missing
