-- What rubik-agent asks of its queue, each with an index that fits. Its claims are per kind, since kinds have room of their own.
ALTER TABLE tasks ADD COLUMN schedule text;
DROP INDEX tasks_waiting;
CREATE INDEX tasks_waiting ON tasks (kind, priority DESC, run_at, id) WHERE state = 'queued';
CREATE INDEX tasks_newest ON tasks (created_at DESC, id DESC);
-- A schedule never piles up: as long as its task has not ended, it cannot queue another.
CREATE UNIQUE INDEX tasks_one_a_schedule ON tasks (schedule) WHERE schedule IS NOT NULL AND state IN ('queued', 'running');
