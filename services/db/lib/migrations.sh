# Numbered files, each applied once, in order, by the owner, in one transaction with its own entry: after an interruption a
# migration is there whole or not at all.
apply_migrations() {
	ask_as phoenix_owner phoenix <<-'SQL' || fail "the list of migrations could not be made."
		CREATE TABLE IF NOT EXISTS schema_migrations (
			version integer PRIMARY KEY,
			name text NOT NULL,
			applied_at timestamptz NOT NULL DEFAULT now(),
			checksum text NOT NULL
		);
	SQL
	applied=$(ask_as phoenix_owner phoenix --command='SELECT version, checksum FROM schema_migrations ORDER BY version' </dev/null)
	newest=$(printf '%s\n' "$applied" | sed -n '$s/ .*//p')
	newest=${newest:-0}
	version=0
	for file in "$DB_MIGRATIONS"/*.sql; do
		apply_one "$file"
	done
	# An older version of the stack on a newer volume, after a rollback: migrations only add, so it works with what it knows.
	[ "$newest" -le "$version" ] || echo "The schema is at migration $newest; this version knows $version."
}

apply_one() {
	name=$(basename "$1" .sql)
	printf '%s\n' "$name" | grep -qx '[0-9]\{4\}_[a-z0-9_]\{1,\}' || fail "'$name' is not a name like 0007_more_tables."
	previous=$version
	version=$(expr "${name%%_*}" + 0) || fail "migrations are numbered from 1."
	[ "$version" -gt "$previous" ] || fail "two migrations have the number $version."
	checksum=$(sha256sum <"$1" | cut -d ' ' -f 1)
	known=$(printf '%s\n' "$applied" | sed -n "s/^$version //p")
	[ "$known" != "$checksum" ] || return 0
	[ -z "$known" ] || fail "the migration $name was changed after it was applied. Put it back, and add the change as a new migration."
	[ "$version" -gt "$newest" ] || fail "the migration $name came after number $newest was applied. Give it a higher number."
	ask_as phoenix_owner phoenix --single-transaction --file="$1" \
		--command="INSERT INTO schema_migrations (version, name, checksum) VALUES ($version, '$name', '$checksum')" </dev/null ||
		fail "the migration $name failed and nothing of it was kept; its error is above."
	echo "Applied the migration $name."
}
