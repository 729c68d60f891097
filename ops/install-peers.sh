#!/bin/sh
# Installs the servers that `./banyan bench --peers` measures beside Banyan: ejabberd and Prosody from Debian, the Go
# servers from the Go module registry into .artifacts/parts/peers, nats-server by ops/install-parts.sh. No service is
# started, now or later. Run it again at any time: what is there already is left alone. Not root: it says what root
# has to do, and fails.
set -eu
cd "$(dirname "$0")/.."

# Each with the driver of its archive's database.
debian="ejabberd erlang-p1-pgsql prosody lua-dbi-postgresql gcc libc6-dev"

# The newest versions that the Go module registry hands out.
centrifugo=v5.4.9
tinode=v0.22.13
wukongim=v1.2.6

parts=$PWD/.artifacts/parts
peers=$parts/peers
mkdir -p "$peers"

say() { echo "install-peers: $*"; }
stop() { echo "install-peers: $*" >&2; exit 1; }

from_debian() {
  missing=""
  for package in $debian; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing="$missing $package"
  done
  [ -z "$missing" ] && { say "Debian's packages are there"; return; }
  [ "$(id -u)" -eq 0 ] || stop "not root; run: sudo apt-get install -y --no-install-recommends$missing
  (with a /usr/sbin/policy-rc.d that exits with 101, or the servers are started as services)"
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
  # Nor are they started with the machine from now on: what was not here before is nobody's service.
  for service in ejabberd prosody; do
    case " $missing " in *" $service "*) disable "$service" ;; esac
  done
  [ "$status" -eq 0 ] || stop "apt-get could not install:$missing"
}

install_debian() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

disable() {
  command -v systemctl >/dev/null 2>&1 || return 0
  systemctl disable --quiet "$1" 2>/dev/null || true
}

# $1 program, $2 its module, $3 version, $4 the package. `go install` asks for the list of a module's versions, which the
# registry does not give for all; a module of our own that requires exactly one version needs no list.
from_go() {
  if [ -x "$peers/$1" ] && command -v go >/dev/null 2>&1 &&
    go version -m "$peers/$1" 2>/dev/null | grep -q "mod[[:space:]]$2[[:space:]]$3[[:space:]]"; then
    say "$1 $3 is there"
    return
  fi
  command -v go >/dev/null 2>&1 ||
    stop "$1 $3 is built from its source, and there is no go here. Install Go 1.26 or newer and run this again."
  say "building $1 $3 (a minute or two)"
  work=$(mktemp -d)
  status=0
  (
    cd "$work"
    go mod init peer
    go mod edit "-require=$2@$3"
    CGO_ENABLED=0 GOFLAGS="-mod=mod -buildvcs=false" go build -trimpath -tags=postgres -o "$peers/$1" "$4"
  ) || status=$?
  rm -rf "$work"
  [ "$status" -eq 0 ] || stop "go could not build $1 $3 with $(go version); see above"
}

command -v apt-get >/dev/null 2>&1 || stop "no apt-get here; install by hand: $debian"
from_debian
from_go centrifugo github.com/centrifugal/centrifugo/v5 "$centrifugo" github.com/centrifugal/centrifugo/v5
from_go tinode-server github.com/tinode/chat "$tinode" github.com/tinode/chat/server
from_go tinode-db github.com/tinode/chat "$tinode" github.com/tinode/chat/tinode-db
from_go wukongim github.com/WuKongIM/WuKongIM "$wukongim" github.com/WuKongIM/WuKongIM
[ -x "$parts/bin/nats-server" ] || sh ops/install-parts.sh
say "all peers are there"
