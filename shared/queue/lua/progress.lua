-- Notes how far a running job is.
-- KEYS  1 the queue
-- ARGV  1 job id  2 fence  3 percent  4 stage
-- Returns '', or the job's state ('gone' without one) when the fence is stale.
-- Guarantees: progress never runs backwards under one fence; a stale fence changes nothing. A job that was claimed
--             ahead has begun from then on: the loss of its worker counts.
local id, fence, percent, stage = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local state, current, before, attempt, worker = unpack(redis.call('HMGET', JOB .. id,
  'state', 'fence', 'progress', 'attempts', 'workerId'))
if state ~= 'active' or current ~= fence then
  return state or 'gone'
end
if percent >= tonumber(before) then
  redis.call('HSET', JOB .. id, 'progress', percent, 'stage', stage, 'ahead', '')
  redis.call('XADD', EVENTS, 'MAXLEN', '~', MAX_EVENTS, '*', 'jobId', id, 'event', 'progress', 'state', 'active',
    'at', NOW, 'attempt', attempt, 'workerId', worker, 'detail', stage, 'progress', percent, 'fence', fence)
end
return ''
