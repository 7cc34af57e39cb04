-- Publishes the results of jobs, and offers them for reuse if the jobs were submitted so.
-- KEYS  1 the queue
-- ARGV  for each job: how many arguments follow, then
--       1 job id  2 fence  3 result, JSON  4 arq's result or ''  5 seconds arq's result is kept
--       6 size of the file in bytes  7 its pages, as the result says
-- Returns for each job, in order: 'completed', 'already' when this fence completed it before (a reply that was lost),
--         'stale <state>', or 'error <text>' when its keys have contents of another kind.
-- Guarantees: of all fences of a job at most one completes it, and its result is never replaced. Only a completed
--             job is offered; of several with one content hash, the last that completed. An error of one job changes
--             nothing for the others.
local completed = {}

local function complete(id, fence, result, arq_result, arq_seconds, size, pages)
  local state, current, attempt, worker, lost_at, reuse, failed_before, kind, tenant, available, started,
    webhook =
    unpack(redis.call('HMGET', JOB .. id, 'state', 'fence', 'attempts', 'workerId', 'lostAt', 'reuse', 'failedReason',
      'reportType', 'tenant', 'availableAt', 'startedAt', 'webhook'))
  if state == 'completed' and current == fence then
    return 'already'
  end
  if state ~= 'active' or current ~= fence then
    return 'stale ' .. (state or '')
  end
  redis.call('HSET', JOB .. id, 'state', 'completed', 'result', result, 'progress', '100', 'stage', 'done',
    'finishedAt', NOW_TEXT)
  completed[#completed + 1] = {id, kind, tenant, available, started, size, pages}
  if failed_before or lost_at then
    redis.call('HDEL', JOB .. id, 'failedReason', 'error', 'lostAt')
  end
  if lost_at then
    note_recovery('completed', id, lost_at)
  end
  if reuse then
    offer_for_reuse(id, reuse)
  end
  if webhook then
    tell_webhook(id, 'completed', webhook)
  end
  if arq_result ~= '' then
    redis.call('SET', 'arq:result:' .. id, arq_result, 'EX', arq_seconds)
  end
  record(id, 'completed', 'completed', attempt, worker)
  return 'completed'
end

local answers = for_each_call(complete)
if #completed > 0 then
  redis.call('ZREM', QUEUE, unpack((move_all(completed, 'active', 'completed', NOW))))
  tally_completed(completed)
end
return answers
