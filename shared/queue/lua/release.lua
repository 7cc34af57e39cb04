-- Hands a running job back, unharmed: at shutdown. It costs no attempt and keeps its place.
-- KEYS  1 the queue
-- ARGV  1 job id  2 fence
-- Returns 'waiting' or 'stale'.
local id, fence = ARGV[1], ARGV[2]
local state, current, attempts, worker, priority, available = unpack(redis.call('HMGET', JOB .. id,
  'state', 'fence', 'attempts', 'workerId', 'priority', 'availableAt'))
if state ~= 'active' or current ~= fence then
  return 'stale'
end
redis.call('HDEL', JOB .. id, 'lostAt')
redis.call('HSET', JOB .. id, 'attempts', int(math.max(0, tonumber(attempts) - 1)))
record(id, 'released', 'waiting', attempts, worker, 'handed back by its worker')
to_waiting(id, 'active', tonumber(priority), tonumber(available))
return 'waiting'
