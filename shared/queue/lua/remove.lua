-- Forgets a job that is not running: record, payload, timeline, queue entry.
-- KEYS  1 the queue
-- ARGV  1 job id
-- Returns {'removed', former state, result JSON or ''}, {'refused', state, ''} or {'missing', '', ''}.
local id = ARGV[1]
local state, result = unpack(redis.call('HMGET', JOB .. id, 'state', 'result'))
if not state then
  return {'missing', '', ''}
end
if state == 'active' then
  return {'refused', state, ''}
end
forget_for_readers(id, state, result)
redis.call('ZREM', QUEUE, id)
redis.call('ZREM', INDEX .. state, id)
redis.call('ZREM', INDEX .. 'all', id)
redis.call('DEL', JOB .. id, LOG .. id, PAYLOAD .. id, 'arq:result:' .. id)
redis.call('XADD', EVENTS, 'MAXLEN', '~', MAX_EVENTS, '*', 'jobId', id, 'event', 'removed', 'state', state,
  'at', int(NOW), 'attempt', '0', 'workerId', '', 'detail', '')
return {'removed', state, result or ''}
