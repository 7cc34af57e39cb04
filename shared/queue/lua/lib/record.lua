-- The timeline, and what readers get to know with each line of it.

local COUNTED = {submitted = 'submitted', adopted = 'submitted', completed = 'completed', failed = 'failed',
  cancelled = 'cancelled', stalled = 'stalled', retrying = 'retrying', retried = 'retried'}

-- Called once for every line of a timeline.
local function note_for_readers(id, event, state, detail, facts)
  if event == 'completed' then
    tally_completed(facts or facts_of(id))
  elseif COUNTED[event] then
    tally(COUNTED[event], 1)
  end
  if event == 'submitted' or event == 'adopted' then
    facts = facts or facts_of(id)
    refile(id, nil, state, facts)
    write_text(id, 's', (facts.title or '') .. '\t' .. (facts.sample or ''))
  elseif event == 'failed' then
    write_text(id, 'f', detail)
  end
end

-- Called before a record with that result is deleted.
local function forget_for_readers(id, state, result)
  refile(id, state, nil)
  local size = tonumber(string.match(result or '', '"fileSize":%s*(%d+)'))
  if size then
    redis.call('HINCRBY', 'report:totals', 'bytes', int(-size))
  end
end

-- Writes one line of the job's timeline and the same as an event. `facts` as `facts_of` gives them, if known.
local function record(id, event, state, attempt, worker, detail, facts)
  attempt = tonumber(attempt) or 0
  worker, detail = worker or '', detail or ''
  if redis.call('RPUSH', LOG .. id, cjson.encode({NOW, event, attempt, worker, detail})) > MAX_LOG then
    redis.call('LTRIM', LOG .. id, -MAX_LOG, -1)
  end
  redis.call('XADD', EVENTS, 'MAXLEN', '~', MAX_EVENTS, '*', 'jobId', id, 'event', event, 'state', state,
    'at', int(NOW), 'attempt', int(attempt), 'workerId', worker, 'detail', detail)
  note_for_readers(id, event, state, detail, facts)
end

-- Notes what somebody did to the queue, to a worker, to many jobs, or to one that is gone now.
local function audit(action, by, detail)
  redis.call('XADD', 'report:audit', 'MAXLEN', '~', 5000, '*', 'action', action, 'by', by, 'detail', detail,
    'at', int(NOW))
end

local function plain_error(type_name, reason)
  return cjson.encode({type = type_name, message = reason, detail = ''})
end
