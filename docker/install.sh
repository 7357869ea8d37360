#!/usr/bin/env bash
# Lays the files of the image out below a root: / in the Dockerfile, a scratch folder in the test.
set -o nounset -o errexit
root="${1:?install.sh ROOT}"
root="${root%/}"
cp -R "$(dirname "$0")/rootfs/." "$root/"
mkdir -p "$root"/{etc/kafka/secrets,mnt/shared/config,opt/kafka/config,var/lib/kafka/data}
cd "$root/opt/kafka/bin"
for name in storage topics configs console-producer console-consumer consumer-groups; do
  ln -sf kafka-command "kafka-$name.sh"
  ln -sf kafka-command "kafka-$name"
done
ln -sf kafka-server-start.sh kafka-server-start
chmod a+rx kafka-command kafka-server-start.sh "$root"/etc/kafka/docker/run \
  "$root"/etc/confluent/docker/{run,configure,ensure,launch}
