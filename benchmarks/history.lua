-- Makes finished jobs as the queue's own scripts leave them, with times of the past. Follows `_lib.lua`, whose
-- moves it calls; only the clock is set.
-- ARGV  1 JSON list of {id, type, tenant, title, worker, state, created, waited, ran, payload, result, reason}
local function at(moment)
  NOW_EXACT = moment
  NOW = math.floor(moment)
end

local function put(job)
  local id, kind, tenant, title, worker, state, created, waited, ran, payload, result, reason = unpack(job)
  at(created)
  redis.call('SET', PAYLOAD .. id, payload)
  redis.call('HSET', JOB .. id, 'state', 'waiting', 'fence', '0', 'attempts', '0', 'stalls', '0', 'progress', '0',
    'stage', '', 'workerId', '', 'createdAt', int(NOW), 'availableAt', int(NOW), 'priority', '5',
    'reportType', kind, 'title', title, 'tenant', tenant, 'maxAttempts', '3', 'timeoutSeconds', '300.0',
    'requestId', string.reverse(id))
  redis.call('ZADD', INDEX .. 'all', NOW_EXACT, id)
  redis.call('ZADD', INDEX .. 'waiting', NOW_EXACT, id)
  record(id, 'submitted', 'waiting', 0, '', '',
    {kind = kind, tenant = tenant, title = title, sample = '2026-03 1250000'})
  at(created + waited)
  move(id, 'waiting', 'active', NOW + 10000)
  redis.call('HSET', JOB .. id, 'workerId', worker, 'startedAt', int(NOW), 'fence', '1', 'attempts', '1')
  record(id, 'claimed', 'active', 1, worker)
  at(created + waited + ran)
  if state == 'failed' then
    to_failed(id, 'active', 1, worker, reason, plain_error('ValidationFailed', reason))
    return
  end
  to_finished(id, 'active', state)
  if state == 'completed' then
    redis.call('HSET', JOB .. id, 'result', result, 'progress', '100', 'stage', 'done')
  end
  record(id, state, state, 1, worker)
end

for _, job in ipairs(cjson.decode(ARGV[1])) do
  put(job)
end
return 1
