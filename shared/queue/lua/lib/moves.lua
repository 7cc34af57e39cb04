-- From one state to another.

-- Where a waiting job stands: priority first, then since when it may run. `large`: the record's field of that name.
local function waiting_score(priority, available, large)
  return (priority - DEFAULT_PRIORITY) * BAND + available + (large and LARGE or 0)
end

-- `facts` as `refile` takes them, or nil; then what else changes in the record, name and value in turn.
local function move(id, from, to, index_score, facts, ...)
  refile(id, from, to, facts)
  redis.call('ZREM', INDEX .. from, id)
  redis.call('ZADD', INDEX .. to, index_score, id)
  redis.call('HSET', JOB .. id, 'state', to, ...)
end

-- The job may be claimed from now on, at the place its availability gives it. Both numbers are nil in a record that
-- was damaged by hand.
local function to_waiting(id, from, priority, available)
  priority, available = priority or DEFAULT_PRIORITY, available or NOW_EXACT
  move(id, from, 'waiting', available, nil,
    'availableAt', available, 'workerId', '', 'progress', '0', 'stage', '')
  redis.call('ZADD', QUEUE, waiting_score(priority, available, redis.call('HGET', JOB .. id, 'large')), id)
  wake(1)
end

-- As `move` takes them.
local function to_finished(id, from, to, facts, ...)
  move(id, from, to, NOW, facts, 'finishedAt', NOW_TEXT, ...)
  redis.call('ZREM', QUEUE, id)
end

local function to_failed(id, from, attempt, worker, reason, error_json)
  to_finished(id, from, 'failed', nil, 'failedReason', reason, 'error', error_json)
  record(id, 'failed', 'failed', attempt, worker, reason)
  tally('failed')
  write_text({text_line(id, 'f', reason)})
  local webhook = redis.call('HGET', JOB .. id, 'webhook')
  if webhook then
    tell_webhook(id, 'failed', webhook)
  end
end

-- An active job that its worker does not run: back to waiting, at its old place, and the attempt does not count.
local function release(id, attempts, worker, priority, available, why)
  redis.call('HDEL', JOB .. id, 'lostAt')
  redis.call('HSET', JOB .. id, 'attempts', math.max(0, (tonumber(attempts) or 1) - 1))
  record(id, 'released', 'waiting', attempts, worker, why)
  to_waiting(id, 'active', tonumber(priority), tonumber(available))
end

-- A delayed job whose time has come. One without a record is left to whoever finds it in the queue.
local function promote(id)
  local state, priority, available, attempts = unpack(redis.call('HMGET', JOB .. id,
    'state', 'priority', 'availableAt', 'attempts'))
  if state ~= 'delayed' then
    redis.call('ZREM', INDEX .. 'delayed', id)
    return
  end
  to_waiting(id, 'delayed', tonumber(priority), tonumber(available))
  record(id, 'due', 'waiting', attempts)
end

-- Removes all that is known of a job that is not running.
local function forget(id, state, why)
  local result, reuse = unpack(redis.call('HMGET', JOB .. id, 'result', 'reuse'))
  forget_for_readers(id, state, result)
  if reuse then
    withdraw_from_reuse(id, reuse)
  end
  redis.call('ZREM', QUEUE, id)
  redis.call('ZREM', INDEX .. state, id)
  redis.call('ZREM', INDEX .. 'all', id)
  redis.call('DEL', JOB .. id, LOG .. id, PAYLOAD .. id, 'arq:result:' .. id)
  redis.call('XADD', EVENTS, 'MAXLEN', '~', MAX_EVENTS, '*', 'jobId', id, 'event', 'removed', 'state', state,
    'at', NOW, 'attempt', '0', 'workerId', '', 'detail', why)
end
