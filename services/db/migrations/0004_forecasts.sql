-- What recurrent-processor made up, kept apart from what was measured.
CREATE TABLE fills (
	series_id integer NOT NULL REFERENCES series,
	at timestamptz(3) NOT NULL,
	latency_ms real NOT NULL,
	PRIMARY KEY (series_id, at)
);

CREATE TABLE forecasts (
	series_id integer NOT NULL REFERENCES series,
	made_at timestamptz(3) NOT NULL,
	at timestamptz(3) NOT NULL,
	value real NOT NULL,
	low real NOT NULL,
	high real NOT NULL,
	PRIMARY KEY (series_id, at),
	CHECK (low <= value AND value <= high)
);

CREATE TABLE models (
	series_id integer PRIMARY KEY REFERENCES series,
	trained_at timestamptz(3) NOT NULL,
	samples integer NOT NULL,
	loss real NOT NULL,
	baseline_error real NOT NULL,
	model_error real NOT NULL
);
