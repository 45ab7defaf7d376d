#!/bin/sh
# Makes the cluster when the volume is empty, keeps the role's password equal to the secret, and becomes the server.
set -eu

fail() {
	echo "Cannot start the database: $1" >&2
	exit 1
}

# One SQL statement a line, without a running server. The text comes by stdin: a password never stands in an argument.
single_user() {
	postgres --single -j -D "$1" -c exit_on_error=on -c log_checkpoints=off "$2" >/dev/null
}

quote_literal() {
	printf %s "$1" | sed "s/'/''/g"
}

[ "$#" -gt 0 ] || set -- postgres
[ "$1" = postgres ] || exec "$@"

[ -r "$DB_PASSWORD_FILE" ] || fail "the secret file $DB_PASSWORD_FILE is missing or not readable by uid $(id -u)."
password=$(cat "$DB_PASSWORD_FILE")
[ -n "$password" ] || fail "the secret file $DB_PASSWORD_FILE is empty."
case $password in *"
"*) fail "the secret file $DB_PASSWORD_FILE has more than one line." ;; esac
for name in "$DB_NAME" "$DB_USER"; do
	case $name in '' | *[!a-z0-9_]*) fail "'$name' is not a name of small letters, digits and underscores." ;; esac
done
[ -w "$(dirname "$PGDATA")" ] || fail "$(dirname "$PGDATA") is not writable by uid $(id -u); the volume belongs to somebody else."

# The password's stamp, next to the cluster: a changed secret is noticed without keeping the password itself.
stamp="$PGDATA.password"
digest=$(printf '%s' "$DB_USER:$password" | sha256sum | cut -d ' ' -f 1)

if [ ! -s "$PGDATA/PG_VERSION" ]; then
	[ ! -e "$PGDATA" ] || fail "$PGDATA is there and is no PostgreSQL cluster."
	# Made under another name: a start that is interrupted here begins anew instead of leaving half a cluster.
	rm -rf "$PGDATA.new"
	initdb --pgdata="$PGDATA.new" --username=postgres --auth-local=peer --auth-host=scram-sha-256 \
		--locale-provider=builtin --locale=C.UTF-8 --encoding=UTF8 --data-checksums >/dev/null
	# The superuser has no password, so the network is no way in for it.
	echo "host all all all scram-sha-256" >>"$PGDATA.new/pg_hba.conf"
	single_user "$PGDATA.new" postgres <<-SQL
		CREATE ROLE $DB_USER LOGIN PASSWORD '$(quote_literal "$password")';

		CREATE DATABASE $DB_NAME OWNER $DB_USER;
	SQL
	printf '%s\n' "$digest" >"$stamp"
	mv "$PGDATA.new" "$PGDATA"
	echo "Made a new cluster in $PGDATA."
elif [ "$(cat "$stamp" 2>/dev/null || true)" != "$digest" ]; then
	single_user "$PGDATA" postgres <<-SQL
		ALTER ROLE $DB_USER PASSWORD '$(quote_literal "$password")';
	SQL
	printf '%s\n' "$digest" >"$stamp"
	echo "The password of the role $DB_USER follows the secret."
fi
unset password digest

shift
exec postgres -D "$PGDATA" \
	-c listen_addresses='*' -c unix_socket_directories=/tmp \
	-c shared_buffers=64MB -c max_connections=50 -c jit=off \
	-c log_checkpoints=off -c log_line_prefix='' "$@"
