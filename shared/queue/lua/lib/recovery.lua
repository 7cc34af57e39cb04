-- Jobs whose worker is lost.

local RECOVERY, MAX_RECOVERIES = 'report:recovery:', 500

-- When a worker was last heard of, as far as one of its jobs can tell.
local function last_sign_of(worker, started)
  local beat = redis.call('HGET', 'report:worker:' .. worker, 'timestamp')
  return math.max(tonumber(beat) or 0, tonumber(started) or 0)
end

local function note_recovery(what, id, lost_at)
  redis.call('LPUSH', RECOVERY .. what, NOW_TEXT .. ' ' .. id .. ' ' .. int(math.max(0, NOW - tonumber(lost_at))))
  redis.call('LTRIM', RECOVERY .. what, 0, MAX_RECOVERIES - 1)
end

-- An active job whose worker is lost: back to waiting, at its old place, or failed when that happened too often or
-- no attempt is left. One that was claimed ahead, under this fence, and told no progress costs nothing, but that it
-- happened is kept. (Workers of a version without claims ahead leave the field as they find it.)
-- `lost_at` = the worker's last sign of life when the caller knows it. Returns the state now, and 1 when that was a
-- stall or 0 when it cost nothing.
local function stall(id, poison_limit, why, lost_at)
  local worker, attempts, max_attempts, priority, available, fence, started, ahead = unpack(redis.call('HMGET',
    JOB .. id, 'workerId', 'attempts', 'maxAttempts', 'priority', 'availableAt', 'fence', 'startedAt', 'ahead'))
  if fence and ahead == fence then
    redis.call('HSET', JOB .. id, 'lostAhead', '1')
    send(worker, 'stalled', id, fence)
    release(id, attempts, worker, priority, available, 'handed back: its worker was lost before it began')
    return 'waiting', 0
  end
  local stalls = redis.call('HINCRBY', JOB .. id, 'stalls', 1)
  redis.call('HSET', JOB .. id, 'lostAt', lost_at or last_sign_of(worker or '', started))
  record(id, 'stalled', 'active', attempts, worker, why or 'the worker stopped renewing its lease')
  tally('stalled')
  send(worker, 'stalled', id, fence or '0')
  if stalls >= poison_limit then
    local reason = 'its worker was lost ' .. int(stalls) .. ' times while it ran (poison limit)'
    to_failed(id, 'active', attempts, worker, reason, plain_error('PoisonLimit', reason))
    return 'failed', 1
  end
  if (tonumber(attempts) or 0) >= (tonumber(max_attempts) or 0) then
    local reason = 'its worker was lost and no attempt is left'
    to_failed(id, 'active', attempts, worker, reason, plain_error('WorkerLost', reason))
    return 'failed', 1
  end
  to_waiting(id, 'active', tonumber(priority), tonumber(available))
  return 'waiting', 1
end
