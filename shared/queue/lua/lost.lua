-- Hands back what a worker owns whose connections to Redis are all gone: long before its leases end. One page of
-- the running jobs per call.
-- KEYS  1 the queue
-- ARGV  1 scheduler  2 its token  3 its leadership in ms  4 poison limit  5 worker  6 since when it has been seen gone,
--       in ms  7 when it was last seen connected, in ms  8 first rank  9 last rank
-- Returns {token, entries seen, {id, state now, 1 when it stalled or 0 when it came back at no cost}…}; {0, 0} when
--         another scheduler leads; {token, -1} when the worker gave a sign of life since it was seen gone.
-- Guarantees: a lease that was given or renewed since then stays; the worker's later writes are refused by the fence.
local worker, gone_at = ARGV[5], tonumber(ARGV[6])

local token = lead(ARGV[1], ARGV[2], ARGV[3])
if not token then
  return {0, 0}
end

-- Whether a time lies between that look and now. One that lies ahead was written before the clock was set back.
local function is_since(time)
  return time >= gone_at and time <= NOW + CLOCK_MARGIN_MS
end

if is_since(tonumber(redis.call('HGET', 'report:worker:' .. worker, 'timestamp')) or 0) then
  return {token, -1}
end
local ids = redis.call('ZRANGE', INDEX .. 'active', ARGV[8], ARGV[9])
local answer = {token, #ids}
for _, id in ipairs(ids) do
  local state, owner, started = unpack(redis.call('HMGET', JOB .. id, 'state', 'workerId', 'startedAt'))
  if state == 'active' and owner == worker and not is_since(tonumber(started) or 0) then
    local why = 'the worker lost all its connections to Redis'
    answer[#answer + 1] = {id, stall(id, tonumber(ARGV[4]), why, tonumber(ARGV[7]))}
  end
end
return answer
