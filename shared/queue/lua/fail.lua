-- Ends an attempt without a PDF: another one later when the error may pass and attempts are left, else failed.
-- KEYS  1 the queue
-- ARGV  1 job id  2 fence  3 reason  4 error, JSON  5 '1' when the error may pass  6 delay before the next attempt, ms
--       7 arq's result for the case that it fails, or ''  8 seconds arq's result is kept
-- Returns {the new state, ''}, the same again for the same fence (a reply that was lost), or {'stale', state}.
-- Guarantees: never more attempts than the job may have; a stale fence changes nothing.
local id, fence, reason, delay = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[6])
local state, current, attempts, max_attempts, worker, priority, ended = unpack(redis.call('HMGET', JOB .. id,
  'state', 'fence', 'attempts', 'maxAttempts', 'workerId', 'priority', 'ended'))
if state ~= 'active' or current ~= fence then
  local ended_fence, ended_state = string.match(ended or '', '^(%d+) (%l+)$')
  if ended_fence == fence then
    return {ended_state, ''}
  end
  return {'stale', state or ''}
end

local function answer(new_state)
  redis.call('HSET', JOB .. id, 'ended', fence .. ' ' .. new_state)
  return {new_state, ''}
end

redis.call('HDEL', JOB .. id, 'lostAt')
if ARGV[5] ~= '1' or tonumber(attempts) >= tonumber(max_attempts) then
  to_failed(id, 'active', attempts, worker, reason, ARGV[4])
  if ARGV[7] ~= '' then
    redis.call('SET', 'arq:result:' .. id, ARGV[7], 'EX', ARGV[8])
  end
  return answer('failed')
end
redis.call('HSET', JOB .. id, 'failedReason', reason, 'error', ARGV[4])
tally('retrying')
if delay <= 0 then
  to_waiting(id, 'active', tonumber(priority), NOW_EXACT)
  record(id, 'retrying', 'waiting', attempts, worker, reason)
  return answer('waiting')
end
move(id, 'active', 'delayed', NOW + delay, nil,
  'availableAt', NOW + delay, 'workerId', '', 'progress', '0', 'stage', '')
redis.call('ZADD', QUEUE, NOW + delay, id)
record(id, 'retrying', 'delayed', attempts, worker, reason)
wake(1)
return answer('delayed')
