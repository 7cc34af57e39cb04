-- Hands a running job back, unharmed: at shutdown, or when it was claimed ahead and found no render child. It costs
-- no attempt and keeps its place.
-- KEYS  1 the queue
-- ARGV  1 job id  2 fence  3 why, for the timeline
-- Returns 'waiting' or 'stale'.
local id, fence = ARGV[1], ARGV[2]
local state, current, attempts, worker, priority, available = unpack(redis.call('HMGET', JOB .. id,
  'state', 'fence', 'attempts', 'workerId', 'priority', 'availableAt'))
if state ~= 'active' or current ~= fence then
  return 'stale'
end
release(id, attempts, worker, priority, available, ARGV[3])
return 'waiting'
