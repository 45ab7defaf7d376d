# A server that only this script can reach: roles and schema are put right before anybody is let in.
private=$PGHOST/private

start_private_server() {
	# Whatever ends us meanwhile, a signal or a failure, ends it too.
	trap stop_private_server EXIT
	trap 'exit 130' INT TERM
	# We hold the volume's lock, so what a killed server left behind is nobody's.
	rm -f "$PGDATA/postmaster.pid"
	rm -rf "$private"
	mkdir -m 0700 "$private"
	printf 'own %s postgres\nown %s phoenix_owner\n' "$(id -un)" "$(id -un)" >"$private/pg_ident.conf"
	echo 'local all postgres,phoenix_owner peer map=own' >"$private/pg_hba.conf"
	# Statements are not logged, not even failed ones: some carry a password.
	pg_ctl --pgdata="$PGDATA" --wait --timeout=110 --silent start --options="-c listen_addresses= -c unix_socket_directories=$private \
		-c hba_file=$private/pg_hba.conf -c ident_file=$private/pg_ident.conf -c jit=off -c autovacuum=off \
		-c log_min_messages=fatal -c log_min_error_statement=panic" || fail "the server does not start; its own message is above."
}

stop_private_server() {
	trap - EXIT INT TERM
	pg_ctl --pgdata="$PGDATA" --wait --silent --mode=fast stop
	rm -rf "$private"
}

# psql as one role in one database, SQL by stdin or by options. In the background, so that a signal meanwhile is heard at once.
ask_as() {
	user=$1 database=$2
	shift 2
	exec 3<&0
	PGOPTIONS='-c client_min_messages=warning' psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --tuples-only --no-align \
		--field-separator=' ' --host="$private" --username="$user" --dbname="$database" "$@" <&3 &
	wait "$!"
}
