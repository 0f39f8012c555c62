#!/bin/sh
# Makes the directory that runs by itself, and a tarball of it: package.sh JAVA_HOME TARGET DIST VERSION
# Called by Maven once the jars are in TARGET/lib.
set -eu
java_home=$1 target=$2 dist=$3 version=$4
home=$target/prestage

modules=java.base,java.logging,java.management,java.naming,java.net.http,java.security.jgss,java.xml
modules=$modules,jdk.crypto.ec,jdk.jfr,jdk.management,jdk.unsupported,jdk.zipfs

rm -rf "$home"
mkdir -p "$home/bin" "$home/lib"
cp "$target"/lib/*.jar "$home/lib/"
cp "$target/prestage.jar" "$home/lib/"
cp "$dist/bin/prestage" "$dist/bin/factory-precaching-cli" "$home/bin/"
chmod 755 "$home/bin/prestage" "$home/bin/factory-precaching-cli"

if [ ! -d "$java_home/jmods" ]; then
  echo "$java_home has no jmods, which the runtime is made of: install a full JDK (Debian: openjdk-17-jdk-headless)" >&2
  exit 1
fi
"$java_home/bin/jlink" --module-path "$java_home/jmods" --add-modules "$modules" \
  --no-header-files --no-man-pages --compress=0 --output "$home/runtime"

# Security providers of modules that this runtime lacks would be looked for in every jar whenever TLS starts, and one of the
# jars is signed, so that every start would verify it.
security=$home/runtime/conf/security/java.security
grep -v '^security\.provider\.' "$security" > "$security.new"
number=0
for provider in SUN SunRsaSign SunEC SunJSSE SunJCE SunJGSS; do
  number=$((number + 1))
  echo "security.provider.$number=$provider" >> "$security.new"
done
mv "$security.new" "$security"

# Class-data sharing: an archive of every class that a seed, a node and the commands load.
# Under the class path that the launcher uses, which is the same wherever the directory lies.
exec 9< "$home/lib"
jar=/proc/self/fd/9/prestage.jar
java="$home/runtime/bin/java -XX:+UseSerialGC -Xlog:disable -Xlog:all=error:stderr"
work=$target/warm-up
rm -rf "$work"
mkdir "$work"
$java -XX:DumpLoadedClassList="$target/classes.lst" -Djava.net.preferIPv4Stack=true \
  -cp "$jar" io.prestage.cli.WarmUp "$work" > "$target/warm-up.log" 2>&1 ||
  { cat "$target/warm-up.log" >&2; exit 1; }
rm -rf "$work"
$java -Xshare:dump -XX:SharedClassListFile="$target/classes.lst" -XX:SharedArchiveFile="$home/lib/prestage.jsa" \
  -cp "$jar" > "$target/archive.log" 2>&1 || { cat "$target/archive.log" >&2; exit 1; }

tar -C "$target" -czf "$target/prestage-$version.tar.gz" prestage
