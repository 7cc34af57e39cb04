-- Finds active jobs whose lease ended and delayed ones whose time has come, puts right what was written before the
-- clock was set back (since when jobs wait, when leases end), and wakes workers for whatever waits while nobody is
-- woken: what arq clients wrote, and jobs whose token a frozen worker took.
-- KEYS  1 the queue
-- ARGV  1 scheduler  2 its token  3 its leadership in ms  4 poison limit  5 most jobs of each kind in one call
--       6 lease in ms  7 time between two sweeps in ms
-- Returns {token, promoted, leases prolonged because Redis had been away,
--          {id, state now, worker it had, ms since the lease ended, 1 when it stalled or 0 when it came back at no
--          cost}…}, or {0, 0, 0} when another scheduler leads.
-- Guarantees: checks and moves in the same step, so a heartbeat that came first always wins. One scheduler sweeps at
--             a time; one that lost the leadership changes nothing.
local poison_limit, limit = tonumber(ARGV[4]), tonumber(ARGV[5])
local lease_ms, sweep_ms = tonumber(ARGV[6]), tonumber(ARGV[7])

local function is_claimable()
  if #redis.call('ZRANGEBYSCORE', QUEUE, '-inf', NOW_EXACT, 'LIMIT', 0, 1) > 0 then
    return true
  end
  return #redis.call('ZRANGEBYSCORE', QUEUE, BAND, '+inf', 'LIMIT', 0, 1) > 0
end

local token = lead(ARGV[1], ARGV[2], ARGV[3])
if not token then
  return {0, 0, 0}
end
pulse(math.max(lease_ms / 2, 2 * sweep_ms), lease_ms)

local due = redis.call('ZRANGEBYSCORE', INDEX .. 'delayed', '-inf', NOW_EXACT, 'LIMIT', 0, limit)
for _, id in ipairs(due) do
  promote(id)
end

-- What waits may be claimed now. A later time was written before the clock was set back.
local early = redis.call('ZRANGEBYSCORE', INDEX .. 'waiting', '(' .. exact(NOW_EXACT), '+inf', 'LIMIT', 0, limit)
for i, id in ipairs(early) do
  local available = NOW_EXACT - (#early - i) / 1000
  redis.call('ZADD', INDEX .. 'waiting', available, id)
  local priority, large = unpack(redis.call('HMGET', JOB .. id, 'priority', 'large'))
  redis.call('ZADD', QUEUE, waiting_score(tonumber(priority) or DEFAULT_PRIORITY, available, large), id)
  redis.call('HSET', JOB .. id, 'availableAt', available)
end

-- A lease that a worker took before the clock was set back, and has not renewed since, ends when others do.
local late = redis.call('ZRANGEBYSCORE', INDEX .. 'active', '(' .. int(NOW + lease_ms), '+inf', 'LIMIT', 0, limit)
for _, id in ipairs(late) do
  local worker, started = unpack(redis.call('HMGET', JOB .. id, 'workerId', 'startedAt'))
  if last_sign_of(worker or '', started) > NOW + CLOCK_MARGIN_MS then
    set_lease(id, NOW + lease_ms)
  end
end

local answer = {token, #due, 0}
local ended = redis.call('ZRANGEBYSCORE', INDEX .. 'active', '-inf', '(' .. NOW_TEXT, 'WITHSCORES', 'LIMIT', 0, limit)
for i = 1, #ended, 2 do
  local id = ended[i]
  local former, worker = unpack(redis.call('HMGET', JOB .. id, 'state', 'workerId'))
  if former ~= 'active' then
    -- its record was removed by hand: whoever finds it in the queue sees to it
    redis.call('ZREM', INDEX .. 'active', id)
  elseif reprieve(id) then
    answer[3] = answer[3] + 1
  else
    local state, stalled = stall(id, poison_limit)
    answer[#answer + 1] = {id, state, worker or '', NOW - tonumber(ended[i + 1]), stalled}
  end
end
if redis.call('EXISTS', PAUSED) == 0 and redis.call('LLEN', WAKE) == 0 and is_claimable() then
  wake(8)
end
redis.call('ZREMRANGEBYSCORE', 'report:workers', '-inf', NOW - 24 * 3600 * 1000)
return answer
