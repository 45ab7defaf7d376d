-- Who may do what. Nothing is granted to PUBLIC, and no service may create, drop or truncate.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO gap_detector, recurrent_processor, analysis_engine, rubik_agent;

GRANT SELECT, INSERT, UPDATE ON series, rollups TO gap_detector;
GRANT SELECT, INSERT ON samples, events TO gap_detector;
GRANT SELECT, INSERT, UPDATE, DELETE ON gaps, anomalies TO gap_detector;
GRANT EXECUTE ON FUNCTION ensure_partition(date), drop_old_partitions(integer), delete_old_rows(integer) TO gap_detector;

GRANT SELECT ON series, samples, gaps TO recurrent_processor;
GRANT SELECT, INSERT, UPDATE, DELETE ON fills, forecasts, models TO recurrent_processor;

GRANT SELECT ON series, samples, rollups, events, gaps, models, forecasts TO analysis_engine;

GRANT SELECT, INSERT, UPDATE, DELETE ON tasks, schedules TO rubik_agent;
