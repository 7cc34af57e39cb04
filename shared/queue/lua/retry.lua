-- Runs a failed or cancelled job again by hand: same id, same payload, timeline kept, attempts and lost workers
-- counted anew.
-- KEYS  1 the queue
-- ARGV  1 job id  2 who asked, for the timeline
-- Returns {'waiting', former state}, {'refused', state} or {'missing', ''}.
local id = ARGV[1]
local state, priority = unpack(fields_of(id, 'state', 'priority'))
if not state then
  return {'missing', ''}
end
if not plain_id(id) then
  -- an arq client chose it; a file that is named by it could stand anywhere
  return {'refused', state .. ' and its id can never be run'}
end
if state ~= 'failed' and state ~= 'cancelled' then
  return {'refused', state}
end
if redis.call('EXISTS', PAYLOAD .. id) == 0 then
  return {'refused', state .. ' and its payload is gone'}
end
redis.call('HSET', JOB .. id, 'attempts', '0', 'stalls', '0')
redis.call('HDEL', JOB .. id, 'failedReason', 'error', 'finishedAt', 'startedAt', 'lostAt', 'lostAhead')
redis.call('DEL', 'arq:result:' .. id)
record(id, 'retried', 'waiting', 0, '', ARGV[2])
tally('retried')
to_waiting(id, state, tonumber(priority), NOW_EXACT)
return {'waiting', state}
