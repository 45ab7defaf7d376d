-- The queue of rubik-agent, claimed with FOR UPDATE SKIP LOCKED.
CREATE TABLE tasks (
	id uuid PRIMARY KEY,
	kind text NOT NULL CHECK (kind IN ('detect', 'train', 'analyse')),
	payload jsonb NOT NULL DEFAULT '{}',
	state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
	priority smallint NOT NULL DEFAULT 0,
	run_at timestamptz NOT NULL DEFAULT now(),
	attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
	max_attempts integer NOT NULL DEFAULT 5 CHECK (max_attempts > 0),
	deadline_ms integer NOT NULL DEFAULT 60000 CHECK (deadline_ms > 0),
	lease_until timestamptz,
	worker text,
	cancel_requested boolean NOT NULL DEFAULT false,
	result jsonb,
	error text,
	created_at timestamptz NOT NULL DEFAULT now(),
	started_at timestamptz,
	finished_at timestamptz
);
-- Small, whatever the history: the waiting by urgency, the running by lease.
CREATE INDEX tasks_waiting ON tasks (priority DESC, run_at, id) WHERE state = 'queued';
CREATE INDEX tasks_running ON tasks (lease_until) WHERE state = 'running';
CREATE INDEX tasks_finished ON tasks (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE schedules (
	name text PRIMARY KEY,
	kind text NOT NULL CHECK (kind IN ('detect', 'train', 'analyse')),
	payload jsonb NOT NULL DEFAULT '{}',
	every_ms integer NOT NULL CHECK (every_ms > 0),
	next_at timestamptz NOT NULL DEFAULT now(),
	enabled boolean NOT NULL DEFAULT true
);
