# One server at a time. The lock is the kernel's: it is inherited by the server, and gone with the last process that holds it.
# PostgreSQL's own check compares process numbers, which mean nothing between two containers.
lock_volume() {
	folder=$(dirname "$PGDATA")
	[ -w "$folder" ] || fail "$folder is not writable by uid $(id -u); the volume belongs to somebody else."
	exec 9>"$PGDATA.lock"
	flock --nonblock 9 || fail "another container runs on the volume $folder."
}

ensure_cluster() {
	[ ! -s "$PGDATA/PG_VERSION" ] || return 0
	[ ! -e "$PGDATA" ] || fail "$PGDATA is there and is no PostgreSQL cluster."
	# Made under another name: a start that is interrupted here begins anew instead of leaving half a cluster.
	rm -rf "$PGDATA.new"
	initdb --pgdata="$PGDATA.new" --username=postgres --auth-local=peer --auth-host=scram-sha-256 \
		--locale-provider=builtin --locale=C.UTF-8 --encoding=UTF8 --data-checksums >/dev/null
	mv "$PGDATA.new" "$PGDATA"
	sync "$(dirname "$PGDATA")"
	echo "Made a new cluster in $PGDATA."
}
