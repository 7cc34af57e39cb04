-- Jobs that come from the producer.

-- Makes a job that does not exist yet: record, payload, place in the queue. `delay` in ms; `run_at` in epoch ms or '';
-- `kind`, `tenant` and `large` as the further record fields have them, or ''; `text` is what a search looks through;
-- then these fields, name and value in turn. Returns its state. The caller wakes workers.
local function create(id, payload, delay, run_at, priority, kind, tenant, large, text, ...)
  local available = run_at ~= '' and tonumber(run_at) or NOW_EXACT + tonumber(delay)
  local state = available > NOW_EXACT and 'delayed' or 'waiting'
  if state == 'waiting' then
    available = NOW_EXACT
  end
  redis.call('SET', PAYLOAD .. id, payload)
  redis.call('HSET', JOB .. id, 'state', state, 'createdAt', NOW_TEXT, 'availableAt', available, 'priority', priority,
    ...)
  redis.call('ZADD', INDEX .. 'all', NOW_EXACT, id)
  redis.call('ZADD', INDEX .. state, available, id)
  local score = state == 'waiting' and waiting_score(tonumber(priority), available, large ~= '') or available
  redis.call('ZADD', QUEUE, score, id)
  record(id, 'submitted', state)
  tally('submitted')
  refile(id, nil, state, {kind, tenant, NOW_EXACT})
  write_text(id, 's', text)
  return state
end
