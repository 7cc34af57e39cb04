-- Renews the leases of everything a worker runs, and its own presence, in one call.
-- KEYS  1 the queue
-- ARGV  1 worker id  2 lease in ms  3 number of presence values n  4… n presence names and values in turn,
--       then a job id and its fence in turn
-- Returns {id, fence, its state or ''} for each job that is no longer this worker's to run (stalled, cancelled, removed).
-- Guarantees: only a lease under the current fence is renewed.
local worker, lease_ms, n = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local lease_end, lost = NOW + lease_ms, {}

pulse(lease_ms / 2, lease_ms)
redis.call('HSET', 'report:worker:' .. worker, 'timestamp', NOW, unpack(ARGV, 4, 3 + n))
redis.call('EXPIRE', 'report:worker:' .. worker, math.ceil(lease_ms / 1000) * 3)
redis.call('ZADD', 'report:workers', NOW, worker)

for i = 4 + n, #ARGV, 2 do
  local id, fence = ARGV[i], ARGV[i + 1]
  local state, current = unpack(redis.call('HMGET', JOB .. id, 'state', 'fence'))
  if state == 'active' and current == fence then
    redis.call('ZADD', QUEUE, lease_end, id)
    redis.call('ZADD', INDEX .. 'active', lease_end, id)
  else
    lost[#lost + 1] = {id, fence, state or ''}
  end
end
return lost
