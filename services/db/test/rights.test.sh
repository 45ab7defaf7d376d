begin_and_wait
equal "$(echo 'SELECT count(*) FROM schema_migrations' | as phoenix_owner)" "$(ls "$DB_MIGRATIONS" | wc -l)" "migrations applied"

# Each role can do its work.
echo "SELECT ensure_partition((now() AT TIME ZONE 'UTC')::date)" | as gap_detector >/dev/null
as gap_detector <<'SQL'
SELECT ensure_partition((now() AT TIME ZONE 'UTC')::date);
INSERT INTO series (stack, service, probe, period_ms) VALUES ('s', 'web', 'http', 1000);
INSERT INTO samples VALUES (1, now(), 'success', 1.5) ON CONFLICT DO NOTHING;
INSERT INTO gaps (series_id, kind, started_at, samples, because) VALUES (1, 'gap', now(), 0, 'b');
DELETE FROM gaps;
SQL
echo "INSERT INTO models VALUES (1, now(), 1, 1, 1, 1); DELETE FROM models" | as recurrent_processor
equal "$(echo 'SELECT count(*) FROM samples' | as analysis_engine)" 1 "samples read by analysis_engine"
as rubik_agent <<'SQL'
INSERT INTO tasks (id, kind) VALUES (gen_random_uuid(), 'detect');
UPDATE tasks SET state = 'running' WHERE id IN (SELECT id FROM tasks WHERE state = 'queued' FOR UPDATE SKIP LOCKED);
SQL

# And nothing else.
for role in gap_detector recurrent_processor analysis_engine rubik_agent; do
	echo 'CREATE TABLE mine (a int)' | refused $role "create a table"
	echo 'DROP TABLE samples' | refused $role "drop a table"
	echo 'TRUNCATE samples' | refused $role "truncate"
	echo 'SELECT * FROM schema_migrations' | refused $role "read the migrations"
	echo 'CREATE ROLE other' | refused $role "create a role"
	echo 'CREATE TEMP TABLE mine (a int)' | refused $role "make temporary tables"
	echo "COPY series TO PROGRAM 'id'" | refused $role "run programs"
done
for role in recurrent_processor analysis_engine rubik_agent; do
	echo "INSERT INTO samples VALUES (1, now(), 'success', 1)" | refused $role "write samples"
	echo "SELECT drop_old_partitions(1)" | refused $role "drop partitions"
	echo "SELECT ensure_partition(current_date)" | refused $role "make partitions"
done
echo 'DELETE FROM samples' | refused gap_detector "delete samples"
echo 'SELECT * FROM tasks' | refused gap_detector "read tasks"
echo 'SELECT * FROM samples' | refused rubik_agent "read samples"
echo 'UPDATE models SET loss = 0' | refused analysis_engine "write models"
end
