-- Jobs that come from the producer.

-- Makes a job that does not exist yet: record, payload, place in the queue. `delay` in ms; `run_at` in epoch ms or '';
-- `reuse` as above; `fields` are further record fields, name and value in turn; the one called `sample` goes into the
-- search text instead. Returns its state. The caller wakes workers.
local function create(id, payload, delay, run_at, priority, reuse, fields)
  local available = run_at ~= '' and tonumber(run_at) or NOW_EXACT + tonumber(delay)
  local state = available > NOW_EXACT and 'delayed' or 'waiting'
  if state == 'waiting' then
    available = NOW_EXACT
  end
  local kept, known = {'state', state, 'createdAt', NOW, 'availableAt', available, 'priority', priority}, {}
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    known[name] = value
    if value ~= '' and name ~= 'sample' then
      kept[#kept + 1] = name
      kept[#kept + 1] = value
    end
  end
  if reuse ~= '' then
    kept[#kept + 1] = 'reuse'
    kept[#kept + 1] = reuse
  end
  redis.call('SET', PAYLOAD .. id, payload)
  redis.call('HSET', JOB .. id, unpack(kept))
  redis.call('ZADD', INDEX .. 'all', NOW_EXACT, id)
  redis.call('ZADD', INDEX .. state, available, id)
  local score = state == 'waiting' and waiting_score(tonumber(priority), available, known.large) or available
  redis.call('ZADD', QUEUE, score, id)
  record(id, 'submitted', state)
  tally('submitted')
  refile(id, nil, state, {kind = known.reportType, tenant = known.tenant, created = NOW_EXACT})
  write_text(id, 's', (known.title or '') .. '\t' .. (known.sample or ''))
  return state
end
