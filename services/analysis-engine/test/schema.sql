-- What this service reads, as services/db/migrations make it.
CREATE TABLE series (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stack text NOT NULL, service text NOT NULL, probe text NOT NULL,
    period_ms integer NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (stack, service, probe));
CREATE TABLE rollups (series_id integer NOT NULL REFERENCES series, minute timestamptz NOT NULL, total integer NOT NULL, success integer NOT NULL,
    failure integer NOT NULL, error integer NOT NULL, latency_sum double precision NOT NULL, latency_max real, PRIMARY KEY (series_id, minute));
CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL, stack text NOT NULL, service text, kind text NOT NULL,
    generation integer, detail text);
CREATE TABLE gaps (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, series_id integer NOT NULL REFERENCES series, kind text NOT NULL,
    started_at timestamptz NOT NULL, ended_at timestamptz, samples integer NOT NULL DEFAULT 0, because text);
CREATE TABLE forecasts (series_id integer NOT NULL REFERENCES series, made_at timestamptz NOT NULL, at timestamptz NOT NULL, value real NOT NULL,
    low real NOT NULL, high real NOT NULL, PRIMARY KEY (series_id, at));
