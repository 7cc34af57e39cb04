-- Jobs that come from the producer.

-- The lines of the search text for the jobs that this call has made.
local created_texts = {}

-- Makes a job that does not exist yet: record, payload, place in the queue. `now` and `run_at` in epoch ms, the latter
-- or ''; `delay` in ms;
-- `kind`, `tenant` and `large` as the further record fields have them, or ''; `text` is what a search looks through;
-- then these fields, name and value in turn. Returns its state. The job is in no index before `list_created`.
local function create(now, id, payload, delay, run_at, priority, kind, tenant, large, text, ...)
  local available = run_at ~= '' and tonumber(run_at) or now + tonumber(delay)
  local state = available > now and 'delayed' or 'waiting'
  if state == 'waiting' then
    available = now
  end
  redis.call('SET', PAYLOAD .. id, payload)
  redis.call('HSET', JOB .. id, 'state', state, 'createdAt', NOW_TEXT, 'availableAt', available, 'priority', priority,
    ...)
  local score = state == 'waiting' and waiting_score(tonumber(priority), available, large ~= '') or available
  record(id, 'submitted', state)
  add_later(INDEX .. 'all', now, id)
  add_later(INDEX .. state, available, id)
  add_later(QUEUE, score, id)
  local facets = facets_of(kind, tenant)
  for i = 1, #facets do
    add_later(facets[i] .. state, now, id)
  end
  created_texts[#created_texts + 1] = text_line(id, 's', text)
  return state
end

-- Puts the jobs that `create` has made since into the queue and the indexes, counts them and wakes workers for them.
local function list_created()
  if #created_texts > 0 then
    add_all()
    tally('submitted', #created_texts)
    write_text(created_texts)
    wake(#created_texts)
  end
end
