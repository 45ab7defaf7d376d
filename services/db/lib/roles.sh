# One role owns everything and one per service is let in. What each may do stands in the migrations.
ensure_roles() {
	ensure_role phoenix_owner "$(secret_of owner)"
	for name in $services; do
		ensure_role "$(role_of "$name")" "$(secret_of "$name")"
		ask_as postgres postgres --set=role="$(role_of "$name")" <<-'SQL'
			ALTER ROLE :"role" CONNECTION LIMIT 10;
			ALTER ROLE :"role" SET statement_timeout = '60s';
			ALTER ROLE :"role" SET lock_timeout = '10s';
			ALTER ROLE :"role" SET idle_in_transaction_session_timeout = '60s';
			ALTER ROLE :"role" SET timezone = 'UTC';
		SQL
	done
}

# At every start: the password follows the secret. psql reads it from the file, so it stands in no argument and no environment.
ensure_role() {
	ask_as postgres postgres --set=role="$1" --set=file="$2" <<-'SQL' || fail "the role $1 could not be set up."
		\set password `cat :'file'`
		SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
		ALTER ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
	SQL
}

ensure_database() {
	ask_as postgres postgres <<-'SQL' || fail "the database could not be made."
		SELECT 'CREATE DATABASE phoenix OWNER phoenix_owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'phoenix') \gexec
		ALTER DATABASE phoenix OWNER TO phoenix_owner;
		REVOKE ALL ON DATABASE phoenix FROM PUBLIC;
		GRANT CONNECT ON DATABASE phoenix TO gap_detector, recurrent_processor, analysis_engine, rubik_agent;
	SQL
	# A volume of version 0.1 has a role `phoenix` that owned the database. It keeps what it needs for its one table, so that a
	# deploy which fails can go back to that version.
	ask_as postgres phoenix <<-'SQL' || fail "the role of version 0.1 could not be kept."
		SELECT s FROM unnest(ARRAY['GRANT CONNECT ON DATABASE phoenix TO phoenix', 'GRANT USAGE, CREATE ON SCHEMA public TO phoenix']) s
		WHERE EXISTS (SELECT FROM pg_roles WHERE rolname = 'phoenix') \gexec
	SQL
}
