#!/bin/sh
# Makes the cluster when the volume is empty, gives the roles their passwords, applies the migrations, and becomes the server.
# Until then no port is open: whoever asks whether the database is ready hears no.
set -eu

here=$(dirname "$(readlink -f "$0")")
for part in fail secrets cluster private-server migrations; do . "$here/lib/$part.sh"; done

[ "$#" -gt 0 ] || set -- postgres
[ "$1" = postgres ] || exec "$@"
shift

check_secrets
lock_volume
ensure_cluster
start_private_server
ask_as postgres postgres --file="$here/lib/setup.sql" </dev/null || fail "the roles and the database could not be set up; the error is above."
apply_migrations
stop_private_server

# Durability stands here, so that no setting in the volume can weaken it: an acknowledged write survives kill -9 and a power cut.
exec postgres -D "$PGDATA" \
	-c fsync=on -c synchronous_commit=on -c full_page_writes=on \
	-c hba_file="$here/pg_hba.conf" -c listen_addresses='*' -c port="$PGPORT" -c unix_socket_directories="$PGHOST" \
	-c shared_buffers=64MB -c max_connections=60 -c max_locks_per_transaction=128 -c jit=off \
	-c log_checkpoints=off -c log_line_prefix='' "$@"
