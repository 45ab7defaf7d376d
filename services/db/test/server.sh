# What every test uses: a fresh volume, fresh secrets, and the server as the container starts it.
work=$(mktemp -d)
export PGHOST="$work" PGPORT=54321 PGDATA="$work/volume/17" DB_SECRETS="$work/secrets" DB_MIGRATIONS="$work/migrations"
mkdir "$work/volume" "$work/secrets"
cp -r /usr/local/share/phoenix-db/migrations "$work/migrations"
for name in owner gap-detector recurrent-processor analysis-engine rubik-agent; do
	printf '%s-password' "$name" >"$work/secrets/db-$name"
done
server=
trap '[ -z "$server" ] || kill_all 2>/dev/null; rm -rf "$work"' EXIT

begin() {
	/usr/local/share/phoenix-db/entrypoint.sh postgres -c unix_socket_directories="$work" >"$work/log" 2>&1 &
	server=$!
}

begin_and_wait() {
	begin
	tries=0
	until pg_isready --quiet; do
		kill -0 "$server" 2>/dev/null || { cat "$work/log" >&2; die "the server ended"; }
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] || { cat "$work/log" >&2; die "the server is not ready after a minute"; }
		sleep 0.1
	done
}

end() {
	kill -INT "$server"
	wait "$server" || die "a clean stop ended with $?"
	server=
}

# As the kernel does it to a container: everything at once. PostgreSQL's processes have left the session, but not the data folder.
kill_all() {
	kill -s KILL "$server"
	for process in /proc/[0-9]*; do
		[ "$(readlink "$process/cwd" 2>/dev/null)" != "$PGDATA" ] || kill -s KILL "${process#/proc/}" 2>/dev/null || true
	done
	wait "$server" || true
	server=
}

die() {
	echo "not ok: $1" >&2
	exit 1
}

# The SQL by stdin, as one role over the network, and what it answers.
as() {
	PGPASSWORD="$(cat "$work/secrets/db-$(printf %s "$1" | sed 's/^phoenix_owner$/owner/' | tr _ -)")" \
		psql -h 127.0.0.1 -U "$1" -d phoenix -XqAt -v ON_ERROR_STOP=1
}

root() {
	psql -U postgres -d phoenix -h "$work" -XqAt -v ON_ERROR_STOP=1
}

equal() {
	[ "$1" = "$2" ] || die "$3: got '$1', not '$2'"
}

# The statement on stdin is refused to the role, and for want of rights.
refused() {
	if message=$(as "$1" 2>&1); then die "$1 may: $2"; fi
	case $message in *"permission denied"* | *"must be owner"*) ;; *) die "$1 was refused for another reason: $message" ;; esac
}

# The start ends with an error that says so, and no port was opened meanwhile.
refuses_to_start() {
	begin
	wait "$server" && die "it started although: $1"
	server=
	grep -q -- "$1" "$work/log" || { cat "$work/log" >&2; die "the log does not say: $1"; }
	grep -q 'ready to accept' "$work/log" && die "a server was started although: $1"
	return 0
}
