#!/bin/sh
# Makes the folder secrets/ beside compose.yaml: a random password for each part, and the files that carry them.
# What is there already is left alone. The certificate is yours to bring: secrets/certificate.pem (chain, then key).
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
cd secrets
# 32 hexadecimal digits: safe in URLs and in every configuration file.
random() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }
for name in postgres_superuser postgres_replication postgres_banyan patroni_rest nats_banyan nats_routes redis_password s3_secret; do
  [ -s "$name" ] || random >"$name"
done
banyan=$(cat postgres_banyan) nats=$(cat nats_banyan) routes=$(cat nats_routes) redis=$(cat redis_password)

cat >redis.conf <<END
requirepass $redis
END
cat >nats-auth.conf <<END
authorization { user: banyan, password: "$nats" }
cluster {
  name: banyan
  listen: "0.0.0.0:6222"
  authorization { user: routes, password: "$routes" }
  routes: [
    "nats-route://routes:$routes@nats-1:6222"
    "nats-route://routes:$routes@nats-2:6222"
    "nats-route://routes:$routes@nats-3:6222"
  ]
}
END
cat >banyan.config.json <<END
{
  "postgresUrl": "postgresql://banyan:$banyan@postgres-balancer:5000/banyan",
  "postgresReplicaUrls": ["postgresql://banyan:$banyan@postgres-balancer:5001/banyan"],
  "natsUrls": ["nats://banyan:$nats@nats-1:4222", "nats://banyan:$nats@nats-2:4222", "nats://banyan:$nats@nats-3:4222"],
  "redisUrl": "redis://:$redis@redis:6379"
}
END
# Compose mounts these files as they are: each container's user must be able to read them, nobody else may enter.
chmod 0444 ./*
chmod 0711 .
[ -s certificate.pem ] || echo "make-secrets: still missing: secrets/certificate.pem (the certificate's chain, then its key)"
