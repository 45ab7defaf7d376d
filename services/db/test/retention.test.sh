begin_and_wait
as gap_detector <<'SQL' >/dev/null
INSERT INTO series (stack, service, probe, period_ms) VALUES ('s', 'web', 'http', 1000);
SELECT ensure_partition((now() AT TIME ZONE 'UTC')::date - n) FROM generate_series(-1, 35) n;
INSERT INTO samples SELECT 1, now() - interval '1 day' * n, 'success', 1 FROM generate_series(0, 35) n;
INSERT INTO rollups SELECT 1, date_trunc('minute', now()) - interval '1 day' * n, 1, 1, 0, 0, 1, 1 FROM generate_series(0, 500, 125) n;
INSERT INTO gaps (series_id, kind, started_at, ended_at, samples, because)
VALUES (1, 'gap', now() - interval '500 d', now() - interval '499 d', 0, ''), (1, 'gap', now() - interval '450 d', NULL, 0, 'still open');
SQL
equal "$(echo 'SELECT drop_old_partitions(30)' | as gap_detector)" 5 "days forgotten"
equal "$(echo "SELECT count(*), min(at) >= now() - interval '31 days' FROM samples" | as gap_detector)" "31|t" "days kept"
equal "$(echo 'SELECT drop_old_partitions(30)' | as gap_detector)" 0 "days forgotten a second time"
equal "$(echo 'SELECT delete_old_rows(400)' | as gap_detector)" 2 "rows forgotten"
for call in 'drop_old_partitions(0)' 'drop_old_partitions(NULL)' 'delete_old_rows(-1)' "ensure_partition('1969-01-01')" "ensure_partition('infinity')"; do
	echo "SELECT $call" | as gap_detector >/dev/null 2>&1 && die "$call is taken"
done
end
