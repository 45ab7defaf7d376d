-- Partitions belong to the owner, and gap-detector may not make tables: these functions run with the owner's rights and do one
-- thing each. Their search path is fixed, so that nobody slips in a function of his own.

-- Makes the table of one UTC day. Two callers at once wait for each other instead of failing.
CREATE FUNCTION ensure_partition(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
	part text := 'samples_' || to_char(day, 'YYYYMMDD');
	today date := (now() AT TIME ZONE 'UTC')::date;
BEGIN
	IF day IS NULL OR day < today - 400 OR day > today + 2 THEN
		RAISE EXCEPTION 'no partition for the day %: it lies too far from today', day USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF to_regclass('public.' || part) IS NOT NULL THEN RETURN; END IF;
	PERFORM pg_advisory_xact_lock(hashtext('phoenix.partitions'));
	EXECUTE format('CREATE TABLE IF NOT EXISTS public.%I PARTITION OF public.samples FOR VALUES FROM (%L) TO (%L)',
		part, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
END $$;

-- Forgets the samples of days that are older, and says how many days that were.
CREATE FUNCTION drop_old_partitions(keep_days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
	oldest text := 'samples_' || to_char((now() AT TIME ZONE 'UTC')::date - keep_days, 'YYYYMMDD');
	part text;
	dropped integer := 0;
BEGIN
	IF keep_days IS NULL OR keep_days < 1 THEN
		RAISE EXCEPTION 'keep_days is %, not 1 or more', keep_days USING ERRCODE = 'invalid_parameter_value';
	END IF;
	PERFORM pg_advisory_xact_lock(hashtext('phoenix.partitions'));
	FOR part IN
		SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'public.samples'::regclass AND c.relname < oldest ORDER BY 1
	LOOP
		EXECUTE format('DROP TABLE public.%I', part);
		dropped := dropped + 1;
	END LOOP;
	RETURN dropped;
END $$;

-- Forgets everything else that is older: the sums, what was found, what was made up, what happened. Says how many rows.
CREATE FUNCTION delete_old_rows(keep_days integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
	oldest timestamptz := now() - make_interval(days => keep_days);
	deleted bigint := 0;
	n bigint;
BEGIN
	IF keep_days IS NULL OR keep_days < 1 THEN
		RAISE EXCEPTION 'keep_days is %, not 1 or more', keep_days USING ERRCODE = 'invalid_parameter_value';
	END IF;
	DELETE FROM rollups WHERE minute < oldest; GET DIAGNOSTICS n = ROW_COUNT; deleted := deleted + n;
	DELETE FROM gaps WHERE started_at < oldest AND ended_at < oldest; GET DIAGNOSTICS n = ROW_COUNT; deleted := deleted + n;
	DELETE FROM anomalies WHERE at < oldest; GET DIAGNOSTICS n = ROW_COUNT; deleted := deleted + n;
	DELETE FROM events WHERE at < oldest; GET DIAGNOSTICS n = ROW_COUNT; deleted := deleted + n;
	DELETE FROM fills WHERE at < oldest; GET DIAGNOSTICS n = ROW_COUNT; deleted := deleted + n;
	DELETE FROM forecasts WHERE at < oldest; GET DIAGNOSTICS n = ROW_COUNT; deleted := deleted + n;
	RETURN deleted;
END $$;

REVOKE ALL ON FUNCTION ensure_partition(date), drop_old_partitions(integer), delete_old_rows(integer) FROM PUBLIC;
