-- At every start, as postgres: one role owns everything and one per service is let in. What each may do stands in the migrations.

-- Expired for passwords, so for the network; from inside it needs none.
ALTER ROLE postgres PASSWORD NULL VALID UNTIL '-infinity';

\set role phoenix_owner
\set secret owner
\ir role.sql

\set role gap_detector
\set secret gap-detector
\ir role.sql
\ir limits.sql
\set role recurrent_processor
\set secret recurrent-processor
\ir role.sql
\ir limits.sql
\set role analysis_engine
\set secret analysis-engine
\ir role.sql
\ir limits.sql
\set role rubik_agent
\set secret rubik-agent
\ir role.sql
\ir limits.sql

SELECT 'CREATE DATABASE phoenix OWNER phoenix_owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'phoenix') \gexec
ALTER DATABASE phoenix OWNER TO phoenix_owner;
REVOKE ALL ON DATABASE phoenix, postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE phoenix TO gap_detector, recurrent_processor, analysis_engine, rubik_agent;

-- A volume of version 0.1 has a role `phoenix` that owned the database. It keeps what it needs for its one table, so that a deploy which
-- fails can go back to that version.
\connect phoenix
SELECT s FROM unnest(ARRAY['GRANT CONNECT ON DATABASE phoenix TO phoenix', 'GRANT USAGE, CREATE ON SCHEMA public TO phoenix']) s
WHERE EXISTS (SELECT FROM pg_roles WHERE rolname = 'phoenix') \gexec
