-- Hands back what a worker owns whose connections to Redis are all gone: long before its leases end. One page of
-- the running jobs per call.
-- KEYS  1 the queue
-- ARGV  1 scheduler  2 its token  3 its leadership in ms  4 poison limit  5 worker  6 since when it has been seen gone,
--       in ms  7 when it was last seen connected, in ms  8 the page's first lease end  9 most entries
-- Returns {token, the next page's first lease end or '' behind the last one, {id, state now, 1 when it stalled or 0
--         when it came back at no cost}…}; {0, ''} when another scheduler leads; {token, 'alive'} when the worker
--         gave a sign of life since it was seen gone.
-- Guarantees: a lease that was given or renewed since then stays; the worker's later writes are refused by the fence.
--             Pages go by the ends of leases, which nobody moves for a lost worker: whatever others do between two
--             pages, none of its jobs is passed over. Those of one end are looked at again with the next page.
local worker, gone_at = ARGV[5], tonumber(ARGV[6])

local token = lead(ARGV[1], ARGV[2], ARGV[3])
if not token then
  return {0, ''}
end

-- Whether a time lies between that look and now. One that lies ahead was written before the clock was set back.
local function is_since(time)
  return time >= gone_at and time <= NOW + CLOCK_MARGIN_MS
end

if is_since(tonumber(redis.call('HGET', 'report:worker:' .. worker, 'timestamp')) or 0) then
  return {token, 'alive'}
end
local most = tonumber(ARGV[9])
local entries = redis.call('ZRANGEBYSCORE', INDEX .. 'active', ARGV[8], '+inf', 'WITHSCORES', 'LIMIT', 0, most)
local answer = {token, #entries == 2 * most and entries[#entries] or ''}
for i = 1, #entries, 2 do
  local id = entries[i]
  local state, owner, started = unpack(redis.call('HMGET', JOB .. id, 'state', 'workerId', 'startedAt'))
  if state == 'active' and owner == worker and not is_since(tonumber(started) or 0) then
    local why = 'the worker lost all its connections to Redis'
    answer[#answer + 1] = {id, stall(id, tonumber(ARGV[4]), why, tonumber(ARGV[7]))}
  end
end
return answer
