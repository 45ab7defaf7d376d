# Numbered files, each applied once, in order, by the owner, in one transaction with its own entry: after an interruption a
# migration is there whole or not at all. A start that finds nothing new asks once, and forks for nothing.
apply_migrations() {
	applied=$(ask_as phoenix_owner phoenix --file="$here/lib/migrations.sql" </dev/null) || fail "the list of migrations could not be made."
	files=$(sha256sum "$DB_MIGRATIONS"/*.sql) || fail "there are no migrations in $DB_MIGRATIONS."
	newest=0
	while read -r number _; do
		newest=${number:-0}
	done <<-LIST
		$applied
	LIST
	version=0
	while read -r checksum file; do
		apply_one
	done <<-LIST
		$files
	LIST
	# An older version of the stack on a newer volume, after a rollback: migrations only add, so it works with what it knows.
	[ "$newest" -le "$version" ] || echo "The schema is at migration $newest; this version knows $version."
}

# Takes `file` and its `checksum`.
apply_one() {
	name=${file##*/}
	name=${name%.sql}
	case $name in
	*[!a-z0-9_]*) misnamed ;;
	[0-9][0-9][0-9][0-9]_?*) ;;
	*) misnamed ;;
	esac
	previous=$version
	version=${name%%_*}
	while [ "${version#0}" != "$version" ]; do version=${version#0}; done
	[ -n "$version" ] || fail "migrations are numbered from 1."
	[ "$version" -gt "$previous" ] || fail "two migrations have the number $version."
	known=
	while read -r number sum; do
		[ "$number" != "$version" ] || known=$sum
	done <<-LIST
		$applied
	LIST
	[ "$known" != "$checksum" ] || return 0
	[ -z "$known" ] || fail "the migration $name was changed after it was applied. Put it back, and add the change as a new migration."
	[ "$version" -gt "$newest" ] || fail "the migration $name came after number $newest was applied. Give it a higher number."
	ask_as phoenix_owner phoenix --single-transaction --file="$file" \
		--command="INSERT INTO schema_migrations (version, name, checksum) VALUES ($version, '$name', '$checksum')" </dev/null ||
		fail "the migration $name failed and nothing of it was kept; its error is above."
	echo "Applied the migration $name."
}

misnamed() {
	fail "'$name' is not a name like 0007_more_tables."
}
