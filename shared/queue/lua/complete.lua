-- Publishes a job's result, and offers it for reuse if the job was submitted so.
-- KEYS  1 the queue
-- ARGV  1 job id  2 fence  3 result, JSON  4 arq's result or ''  5 seconds arq's result is kept
--       6 size of the file in bytes  7 its pages, as the result says
-- Returns {'completed', ''}, {'already', ''} when this fence completed it before (a reply that was lost), or
--         {'stale', state}.
-- Guarantees: of all fences of a job at most one completes it, and its result is never replaced. Only a completed
--             job is offered; of several with one content hash, the last that completed.
local id, fence, result, arq_result = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local state, current, attempt, worker, lost_at, reuse, failed_before, kind, tenant, available, started,
  webhook =
  unpack(redis.call('HMGET', JOB .. id, 'state', 'fence', 'attempts', 'workerId', 'lostAt', 'reuse', 'failedReason',
    'reportType', 'tenant', 'availableAt', 'startedAt', 'webhook'))
if state == 'completed' and current == fence then
  return {'already', ''}
end
if state ~= 'active' or current ~= fence then
  return {'stale', state or ''}
end
to_finished(id, 'active', 'completed', {kind, tenant}, 'result', result, 'progress', '100', 'stage', 'done')
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
  redis.call('SET', 'arq:result:' .. id, arq_result, 'EX', ARGV[5])
end
record(id, 'completed', 'completed', attempt, worker)
tally_completed(available, started, ARGV[6], ARGV[7])
return {'completed', ''}
