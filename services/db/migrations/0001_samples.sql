-- What was measured: one row a probe, kept by day, so that forgetting a day is dropping a table.
CREATE TABLE series (
	id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	stack text NOT NULL,
	service text NOT NULL,
	probe text NOT NULL,
	period_ms integer NOT NULL CHECK (period_ms > 0),
	created_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (stack, service, probe)
);

CREATE TABLE samples (
	series_id integer NOT NULL REFERENCES series,
	at timestamptz(3) NOT NULL,
	outcome text NOT NULL CHECK (outcome IN ('success', 'failure', 'error')),
	latency_ms real CHECK (latency_ms >= 0 AND latency_ms < 'Infinity'),
	PRIMARY KEY (series_id, at)
) PARTITION BY RANGE (at);

-- Sums a minute, written in the same transaction as the samples they are made of.
CREATE TABLE rollups (
	series_id integer NOT NULL REFERENCES series,
	minute timestamptz(0) NOT NULL,
	total integer NOT NULL,
	success integer NOT NULL,
	failure integer NOT NULL,
	error integer NOT NULL,
	latency_sum double precision NOT NULL,
	latency_max real,
	PRIMARY KEY (series_id, minute),
	CHECK (total = success + failure + error)
);
CREATE INDEX ON rollups (minute);
