-- Forgets a job that is not running: record, payload, timeline, queue entry, offer for reuse.
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
forget(id, state, '')
return {'removed', state, result or ''}
