#!/bin/sh
# Makes Banyan's user and database where they are missing; run anew it changes nothing.
set -eu
export PGHOST=postgres-balancer PGPORT=5000 PGUSER=postgres PGDATABASE=postgres PGCONNECT_TIMEOUT=3
PGPASSWORD=$(cat /run/secrets/postgres_superuser)
export PGPASSWORD
tries=0
until psql -qc "select 1" >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { echo "create-database: no primary answers" >&2; exit 1; }
  sleep 1
done
# The password reaches psql by a variable of its own and is quoted by it.
psql -q -v ON_ERROR_STOP=1 -v password="$(cat /run/secrets/postgres_banyan)" <<'SQL'
SELECT format('CREATE ROLE banyan LOGIN REPLICATION PASSWORD %L', :'password')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'banyan') \gexec
SELECT 'CREATE DATABASE banyan OWNER banyan'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'banyan') \gexec
SQL
echo "create-database: the database is there"
