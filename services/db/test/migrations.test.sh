begin_and_wait
end
latest=$(ls "$DB_MIGRATIONS" | tail -n 1)

wait_for_sleep() {
	tries=0
	until psql -h "$work/private" -U phoenix_owner -d phoenix -XqAtc "SELECT query FROM pg_stat_activity" 2>/dev/null | grep -q '^SELECT pg_sleep'; do
		tries=$((tries + 1))
		[ "$tries" -lt 300 ] || { cat "$work/log" >&2; die "the slow migration does not begin"; }
		sleep 0.1
	done
}

# One that fails leaves nothing and opens no port.
printf 'CREATE TABLE half (a int);\nSELECT 1/0;\n' >"$DB_MIGRATIONS/0900_half.sql"
refuses_to_start "the migration 0900_half failed and nothing of it was kept"
grep -q 'division by zero' "$work/log" || die "the reason is not told"

# One that is killed in the middle leaves nothing either, and works the next time.
printf 'CREATE TABLE half (a int);\nSELECT pg_sleep(60);\n' >"$DB_MIGRATIONS/0900_half.sql"
begin
wait_for_sleep
kill_all
# A stop is heard in the middle of one, too, at once.
begin
wait_for_sleep
kill -TERM "$server"
wait "$server" && die "it started after a stop"
server=
printf 'CREATE TABLE half (a int);\n' >"$DB_MIGRATIONS/0900_half.sql"
begin_and_wait
equal "$(echo "SELECT count(*) FROM half" | as phoenix_owner)" 0 "rows of the table that was half made"
end

printf 'CREATE TABLE half (b int);\n' >"$DB_MIGRATIONS/0900_half.sql"
refuses_to_start "0900_half was changed after it was applied"
printf 'CREATE TABLE half (a int);\n' >"$DB_MIGRATIONS/0900_half.sql"
echo 'SELECT 1;' >"$DB_MIGRATIONS/0899_late.sql"
refuses_to_start "0899_late came after number 900 was applied"
mv "$DB_MIGRATIONS/0899_late.sql" "$DB_MIGRATIONS/0900_twice.sql"
refuses_to_start "two migrations have the number 900"
mv "$DB_MIGRATIONS/0900_twice.sql" "$DB_MIGRATIONS/901-name.sql"
refuses_to_start "'901-name' is not a name like"
rm "$DB_MIGRATIONS/901-name.sql" "$DB_MIGRATIONS/0900_half.sql"

# An older image on a newer schema, which is what a rollback makes.
begin_and_wait
grep -q "The schema is at migration 900; this version knows $(expr "${latest%%_*}" + 0)" "$work/log" || die "the newer schema is not mentioned"
end
