# The real parts under a cluster, all in one image, in the versions that the project's tests use: etcd, Patroni with
# PostgreSQL 15, NATS, Redis, HAProxy and an S3 server. Build from the root of the repository.

FROM golang:1.26-bookworm AS build
WORKDIR /banyan
COPY ops/install-parts.sh ops/
RUN apt-get update && ./ops/install-parts.sh

FROM debian:bookworm-slim
RUN mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf \
  && apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    postgresql-15 etcd-server etcd-client haproxy redis-server redis-tools python3 ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o postgres -g postgres -m 0700 /data /run/postgres
COPY --from=build /banyan/.artifacts/parts /banyan/.artifacts/parts
COPY ops/cluster/patroni-quick.py /banyan/ops/cluster/
ENV PATH=/banyan/.artifacts/parts/bin:/banyan/.artifacts/parts/patroni/bin:/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER postgres
