# A volume as version 0.1 made it: one role `phoenix`, which owns the database, and one table.
initdb --pgdata="$PGDATA" --username=postgres --auth-local=peer --auth-host=scram-sha-256 \
	--locale-provider=builtin --locale=C.UTF-8 --encoding=UTF8 --data-checksums >/dev/null
echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
postgres --single -j -D "$PGDATA" -c exit_on_error=on postgres >/dev/null <<'SQL'
CREATE ROLE phoenix LOGIN PASSWORD 'old';

CREATE DATABASE phoenix OWNER phoenix;

SQL
beat() {
	PGPASSWORD=old psql -h 127.0.0.1 -U phoenix -d phoenix -XqAt -v ON_ERROR_STOP=1 <<-'SQL'
		CREATE TABLE IF NOT EXISTS beats (service text PRIMARY KEY, count bigint NOT NULL, seen_at timestamptz NOT NULL);
		INSERT INTO beats (service, count, seen_at) VALUES ('rubik-agent', 1, now())
		ON CONFLICT (service) DO UPDATE SET count = beats.count + 1, seen_at = now() RETURNING count;
	SQL
}
old_server() {
	postgres -D "$PGDATA" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$work" >"$work/log" 2>&1 &
	server=$!
	until pg_isready --quiet; do sleep 0.1; done
}
old_server
equal "$(beat)" 1 "the first beat"
end

begin_and_wait
equal "$(echo "SELECT count FROM beats" | root)" 1 "the beats of the old version"
equal "$(echo "SELECT count(*) FROM samples" | as analysis_engine)" 0 "samples in the upgraded volume"
end

# The deploy failed, and the old version comes back on the same volume.
old_server
equal "$(beat)" 2 "the old version after a rollback"
end
