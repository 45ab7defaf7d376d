-- What gap-detector found. A gap: nobody knows. An outage: it was asked, and did not answer. No end = still going on.
CREATE TABLE gaps (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	series_id integer NOT NULL REFERENCES series,
	kind text NOT NULL CHECK (kind IN ('gap', 'outage')),
	started_at timestamptz(3) NOT NULL,
	ended_at timestamptz(3) CHECK (ended_at >= started_at),
	samples integer NOT NULL CHECK (samples >= 0),
	because text NOT NULL,
	UNIQUE (series_id, kind, started_at)
);
CREATE INDEX ON gaps (started_at);

CREATE TABLE anomalies (
	series_id integer NOT NULL REFERENCES series,
	at timestamptz(3) NOT NULL,
	latency_ms real NOT NULL,
	score real NOT NULL,
	because text NOT NULL,
	PRIMARY KEY (series_id, at)
);
CREATE INDEX ON anomalies (at);
