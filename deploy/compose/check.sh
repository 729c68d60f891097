#!/bin/sh
# Checks compose.yaml with the Compose project's own loader (a Go module; nothing is started). Prints the whole
# configuration as Compose sees it.
set -eu
cd "$(dirname "$0")"
command -v go >/dev/null 2>&1 || { echo "check: the loader is a Go program, and there is no go here (1.24 or newer)" >&2; exit 1; }
exec env GOFLAGS=-buildvcs=false CGO_ENABLED=0 go run github.com/compose-spec/compose-go/v2/cmd@v2.16.2 --format json compose.yaml
