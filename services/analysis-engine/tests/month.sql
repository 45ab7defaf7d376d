-- A made-up month of ten services with a sample every 10 seconds, as its rollups: outages, a slow trend of the day, deploys.
INSERT INTO series (stack, service, probe, period_ms, created_at)
SELECT 'phoenix', name || '.service', 'http', 10000, now() - interval '31 days'
FROM unnest(ARRAY['analysis-engine', 'db', 'gap-detector', 'mailer', 'nginx', 'recurrent-processor', 'rubik-agent', 'search', 'shop', 'worker']) AS name;
INSERT INTO gaps (series_id, kind, started_at, ended_at, samples, because)
SELECT s.id, CASE WHEN s.id = 6 AND n = 2 THEN 'gap' ELSE 'outage' END,
    date_trunc('second', now() - ((s.id * 71 + n * 137) % 43000) * interval '1 minute'),
    date_trunc('second', now() - ((s.id * 71 + n * 137) % 43000) * interval '1 minute') + ((s.id * n * 37) % 400 + 30) * interval '1 second',
    ((s.id * n * 37) % 400 + 30) / 10, (ARRAY['HTTP 502', 'no answer within 1 s', 'connection refused'])[1 + n % 3]
FROM series s, generate_series(1, 8) AS n WHERE s.id NOT IN (2, 5) AND (s.id + n) % 3 <> 0;
INSERT INTO rollups (series_id, minute, total, success, failure, error, latency_sum, latency_max)
SELECT s.id, m, 6, 6 - f, f, 0, (6 - f) * level, CASE WHEN f < 6 THEN level * (1.2 + random()) END
FROM series s
CROSS JOIN generate_series(date_trunc('minute', now() - interval '30 days'), now(), interval '1 minute') AS m
CROSS JOIN LATERAL (SELECT s.id * 1.7 * (1.4 + sin(extract(epoch FROM m) / 86400 * 2 * pi())) * (0.9 + 0.2 * random()) AS level) AS l
CROSS JOIN LATERAL (SELECT least(6, coalesce(ceil(sum(extract(epoch FROM least(g.ended_at, m + interval '1 minute') - greatest(g.started_at, m))) / 10), 0))::int AS f
    FROM gaps g WHERE g.kind = 'outage' AND g.series_id = s.id AND g.started_at < m + interval '1 minute' AND g.ended_at > m) AS o
WHERE NOT EXISTS (SELECT 1 FROM gaps g WHERE g.kind = 'gap' AND g.series_id = s.id AND m >= g.started_at AND m < g.ended_at);
INSERT INTO events (at, stack, service, kind, generation, detail)
SELECT now() - n * interval '31 hours', 'phoenix', NULL, CASE WHEN n % 5 = 0 THEN 'rolledBack' ELSE 'good' END, 30 - n,
    CASE WHEN n % 5 = 0 THEN 'rolled back from generation ' || 31 - n || ' to ' || 30 - n || ' in 5.4 s, healthy: shop.service: HTTP 500' ELSE 'generation ' || 30 - n || ' is good (probes) after 12 s' END
FROM generate_series(0, 22) AS n;
INSERT INTO events (at, stack, service, kind, generation, detail)
SELECT started_at + interval '30 seconds', 'phoenix', s.service, 'restarted', NULL, 'restarted ' || s.service || ' (attempt 1): ' || because
FROM gaps g JOIN series s ON s.id = g.series_id WHERE g.kind = 'outage';
-- AS recurrent_processor
INSERT INTO forecasts (series_id, made_at, at, value, low, high)
SELECT id, now(), date_trunc('minute', now()) + n * interval '1 minute', v, v * 0.85, v * 1.2
FROM series s, generate_series(1, 60) AS n, LATERAL (SELECT s.id * 1.7 * (1.4 + sin(extract(epoch FROM now() + n * interval '1 minute') / 86400 * 2 * pi())) AS v) AS l;
