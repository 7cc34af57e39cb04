-- Forgets a job that is not running: record, payload, timeline, queue entry, offer for reuse.
-- KEYS  1 the queue
-- ARGV  1 job id  2 who asked, for the audit; '' when one line stands for many jobs
-- Returns {'removed', former state, result JSON or ''}, {'refused', state, ''} or {'missing', '', ''}.
local KNOWN = {waiting = true, delayed = true, active = true, completed = true, failed = true, cancelled = true}

local id = ARGV[1]
local state, result = unpack(fields_of(id, 'state', 'result'))
if not KNOWN[state] then
  return {'missing', '', ''}
end
if state == 'active' then
  return {'refused', state, ''}
end
if ARGV[2] ~= '' then
  local kind, title = unpack(fields_of(id, 'reportType', 'title'))
  audit('job deleted', ARGV[2], (kind or '') .. ' ' .. id .. (title and title ~= '' and ': ' .. title or ''))
end
forget(id, state, '')
return {'removed', state, result or ''}
