CREATE TABLE IF NOT EXISTS schema_migrations (
	version integer PRIMARY KEY,
	name text NOT NULL,
	applied_at timestamptz NOT NULL DEFAULT now(),
	checksum text NOT NULL
);
SELECT version, checksum FROM schema_migrations ORDER BY version;
