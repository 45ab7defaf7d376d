-- What was done to the services: deploys, restarts, rollbacks. The same event told twice is one.
CREATE TABLE events (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz(3) NOT NULL,
	stack text NOT NULL,
	service text,
	kind text NOT NULL,
	generation integer,
	detail text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX events_once ON events (stack, at, kind, (coalesce(service, '')));
CREATE INDEX ON events (at);
