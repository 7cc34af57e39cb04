-- The record of a job, its timeline, the events, and what people did.

-- Fields of a job's record. What is no hash is no record, and goes.
local function fields_of(id, ...)
  local seen = redis.pcall('HMGET', JOB .. id, ...)
  if seen.err then
    redis.call('DEL', JOB .. id)
    return {}
  end
  return seen
end

-- A line of a timeline, JSON.
local function log_line(event, attempt, worker, detail)
  if detail == '' and not string.find(worker, '[%c"\\]') then
    -- what the encoder would say, for a fraction of its cost; most lines are so
    return '[' .. NOW_TEXT .. ',"' .. event .. '",' .. attempt .. ',"' .. worker .. '",""]'
  end
  return cjson.encode({NOW, event, attempt, worker, detail})
end

-- Writes one line of the job's timeline and the same as an event.
local function record(id, event, state, attempt, worker, detail)
  attempt = tonumber(attempt) or 0
  worker, detail = worker or '', detail or ''
  local line = log_line(event, attempt, worker, detail)
  local lines = redis.pcall('RPUSH', LOG .. id, line)
  if type(lines) == 'table' then
    -- what is no list is no timeline, and goes: an error here would stop every claim that meets this job
    redis.call('DEL', LOG .. id)
    lines = redis.call('RPUSH', LOG .. id, line)
  end
  if lines > MAX_LOG then
    redis.call('LTRIM', LOG .. id, -MAX_LOG, -1)
  end
  redis.call('XADD', EVENTS, 'MAXLEN', '~', MAX_EVENTS, '*', 'jobId', id, 'event', event, 'state', state,
    'at', NOW_TEXT, 'attempt', attempt, 'workerId', worker, 'detail', detail)
end

-- Notes what somebody did to the queue, to a worker, to many jobs, or to one that is gone now.
local function audit(action, by, detail)
  redis.call('XADD', 'report:audit', 'MAXLEN', '~', 5000, '*', 'action', action, 'by', by, 'detail', detail,
    'at', NOW)
end

local function plain_error(type_name, reason)
  return cjson.encode({type = type_name, message = reason, detail = ''})
end
