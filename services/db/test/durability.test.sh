begin_and_wait
for name in fsync synchronous_commit full_page_writes; do
	equal "$(echo "SHOW $name" | root)" on "$name"
done
as gap_detector <<'SQL' >/dev/null
SELECT ensure_partition((now() AT TIME ZONE 'UTC')::date), ensure_partition((now() AT TIME ZONE 'UTC')::date - 1);
INSERT INTO series (stack, service, probe, period_ms) VALUES ('s', 'web', 'http', 1000);
SQL
# Five rounds: write as fast as it goes, kill everything, and count what had been acknowledged.
acknowledged=0
for round in 1 2 3 4 5; do
	i=0
	while [ "$i" -lt 2000 ]; do
		i=$((i + 1))
		echo "INSERT INTO samples VALUES (1, date_trunc('day', now(), 'UTC') - interval '1 h' + interval '1 ms' * $((round * 10000 + i)), 'success', 1) RETURNING 1;"
	done | as gap_detector >"$work/acknowledged" 2>/dev/null &
	writer=$!
	until [ "$(wc -l <"$work/acknowledged" 2>/dev/null || echo 0)" -ge 50 ]; do sleep 0.05; done
	kill_all
	wait "$writer" || true
	acknowledged=$((acknowledged + $(wc -l <"$work/acknowledged")))
	begin_and_wait
	kept=$(echo 'SELECT count(*) FROM samples' | as gap_detector)
	[ "$kept" -ge "$acknowledged" ] || die "$kept samples are left of $acknowledged acknowledged ones"
	# One statement may have been committed without its answer having come.
	[ "$kept" -le $((acknowledged + 1)) ] || die "$kept samples are there after $acknowledged acknowledged ones"
	acknowledged=$kept
done
echo "  $acknowledged acknowledged writes survived five kills"

# Two servers on one volume would destroy it.
lock=$server
message=$(/usr/local/share/phoenix-db/entrypoint.sh postgres 2>&1) && die "a second server started"
case $message in *"another container runs on the volume"*) ;; *) die "the second server says: $message" ;; esac
server=$lock
end
