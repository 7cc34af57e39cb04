-- Finds active jobs whose lease ended and delayed ones whose time has come, and wakes workers for entries that
-- arq clients wrote, which wake nobody themselves.
-- KEYS  1 the queue
-- ARGV  1 poison limit  2 most jobs of each kind in one call  3 the scheduler's name  4 seconds it is remembered
-- Returns {promoted, {id, state now, worker it had, ms since the lease ended}…}.
-- Guarantees: checks and moves in the same step, so a heartbeat that came first always wins.
local poison_limit, limit = tonumber(ARGV[1]), tonumber(ARGV[2])

local due = redis.call('ZRANGEBYSCORE', INDEX .. 'delayed', '-inf', NOW_EXACT, 'LIMIT', 0, limit)
for _, id in ipairs(due) do
  promote(id)
end

redis.call('SET', 'report:scheduler', cjson.encode({id = ARGV[3], timestamp = NOW}), 'EX', ARGV[4])

local answer = {#due}
local ended = redis.call('ZRANGEBYSCORE', INDEX .. 'active', '-inf', '(' .. int(NOW), 'WITHSCORES', 'LIMIT', 0, limit)
for i = 1, #ended, 2 do
  local id = ended[i]
  local worker = redis.call('HGET', JOB .. id, 'workerId') or ''
  answer[#answer + 1] = {id, stall(id, poison_limit), worker, NOW - tonumber(ended[i + 1])}
end
if #redis.call('ZRANGEBYSCORE', QUEUE, '-inf', NOW_EXACT, 'LIMIT', 0, 1) > 0 and redis.call('LLEN', WAKE) == 0 then
  wake(8)
end
redis.call('ZREMRANGEBYSCORE', 'report:workers', '-inf', NOW - 24 * 3600 * 1000)
return answer
