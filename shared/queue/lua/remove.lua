-- Forgets a job that is not running: record, payload, timeline, queue entry, offer for reuse.
-- KEYS  1 the queue
-- ARGV  1 job id  2 who asked, for the audit; '' when one line stands for many jobs
-- Returns {'removed', former state, result JSON or ''}, {'refused', state, ''} or {'missing', '', ''}.
local id = ARGV[1]
local state, result = unpack(redis.call('HMGET', JOB .. id, 'state', 'result'))
if not state then
  return {'missing', '', ''}
end
if state == 'active' then
  return {'refused', state, ''}
end
if ARGV[2] ~= '' then
  local kind, title = unpack(redis.call('HMGET', JOB .. id, 'reportType', 'title'))
  audit('job deleted', ARGV[2], (kind or '') .. ' ' .. id .. (title and title ~= '' and ': ' .. title or ''))
end
forget(id, state, '')
return {'removed', state, result or ''}
