#!/bin/sh
# Installs the real parts of the `cluster` topology on Debian 12, as root: from Debian what Debian has in a fit
# state, the rest into .artifacts/parts. Run it again at any time: what is there already is left alone.
# The reasons for each version: docs/decisions/0007-parts-of-the-cluster.md.
set -eu
cd "$(dirname "$0")/.."

# From Debian: PostgreSQL 15, etcd 3.4, HAProxy 2.6, Redis 7.0, and what tests need to cut hosts off, to make
# certificates and to check systemd units.
debian="postgresql-15 etcd-server etcd-client haproxy redis-server redis-tools nftables iproute2 util-linux python3-venv openssl systemd curl"

# Debian's NATS 2.9.10 drops a message's time to live silently and refuses a consumer with several filter subjects.
nats=v2.15.2
# The S3 server: one file, keeps objects as files in a folder. Debian has none.
versitygw=v1.8.0
# Debian's Patroni 3.0.2 with etcd's API 3 loses acknowledged writes when a leader is paused.
patroni=4.1.5
# Everything below Patroni is pinned too, so that two installations are the same.
patroni_needs="click==8.5.1 prettytable==3.18.0 psutil==7.2.2 psycopg==3.3.9 psycopg-binary==3.3.9
 python-dateutil==4.0.0 python-etcd==0.4.5 PyYAML==6.0.3 urllib3==2.8.0 dnspython==2.9.2 wcwidth==0.9.4
 typing_extensions==4.16.0 ydiff==1.4.2"

parts=$PWD/.artifacts/parts
mkdir -p "$parts/bin"

say() { echo "install-parts: $*"; }
stop() { echo "install-parts: $*" >&2; exit 1; }

from_debian() {
  missing=""
  for package in $debian; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing="$missing $package"
  done
  [ -z "$missing" ] && { say "Debian's packages are there"; return; }
  [ "$(id -u)" -eq 0 ] || stop "not root; run: sudo apt-get install -y --no-install-recommends$missing"
  # Banyan starts PostgreSQL itself; Debian's own cluster on port 5432 is not wanted.
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
  fi
  # What an installation would start as a service is not started: the hint is heard by Debian's invoke-rc.d.
  made_hint=no
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    made_hint=yes
  fi
  say "installing from Debian:$missing"
  status=0
  install_debian $missing || { apt-get update && install_debian $missing; } || status=$?
  [ "$made_hint" = no ] || rm -f /usr/sbin/policy-rc.d
  # Nor are they started with the machine from now on; Banyan starts its own.
  [ ! -d /run/systemd/system ] || systemctl disable --quiet $(services_of $missing) || true
  [ "$status" -eq 0 ] || stop "apt-get could not install:$missing"
}

services_of() {
  for package in "$@"; do
    case $package in
    postgresql-15) echo postgresql ;;
    etcd-server) echo etcd ;;
    haproxy | redis-server) echo "$package" ;;
    esac
  done
}

install_debian() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# $1 program, $2 its module, $3 version. The version is asked of the file itself, as Go wrote it there.
from_go() {
  if [ -x "$parts/bin/$1" ] && command -v go >/dev/null 2>&1 &&
    go version -m "$parts/bin/$1" 2>/dev/null | grep -q "mod[[:space:]].*[[:space:]]$3[[:space:]]"; then
    say "$1 $3 is there"
    return
  fi
  command -v go >/dev/null 2>&1 ||
    stop "$1 $3 is built from its source, and there is no go here. Install Go 1.26 or newer (Debian 12's golang-go is 1.19: too old) and run this again."
  say "building $1 $3 (a minute or two)"
  GOBIN="$parts/bin" GOFLAGS=-buildvcs=false CGO_ENABLED=0 go install -trimpath "$2@$3" ||
    stop "go could not build $1 $3 with $(go version); it may need a newer Go than that, or could not fetch the sources"
}

patroni_from_pypi() {
  if [ "$("$parts/patroni/bin/python" -I -c 'import patroni.version as v; print(v.__version__)' 2>/dev/null)" = "$patroni" ]; then
    say "Patroni $patroni is there"
    return
  fi
  say "installing Patroni $patroni"
  rm -rf "$parts/patroni"
  # Debian's own Python: one in somebody's home could not be run by the user that PostgreSQL runs as.
  python=/usr/bin/python3
  [ -x "$python" ] || python=python3
  "$python" -m venv "$parts/patroni"
  "$parts/patroni/bin/pip" install --quiet "patroni[etcd3,psycopg3]==$patroni" $patroni_needs ||
    stop "pip could not install Patroni $patroni"
}

command -v apt-get >/dev/null 2>&1 || stop "no apt-get here; install by hand: $debian, nats-server $nats, versitygw $versitygw, Patroni $patroni"
from_debian
from_go nats-server github.com/nats-io/nats-server/v2 "$nats"
from_go versitygw github.com/versity/versitygw/cmd/versitygw "$versitygw"
patroni_from_pypi
say "all parts are there"
