-- Ends an unfinished job at once. A running one loses its fence, and its worker is told to kill the child.
-- KEYS  1 the queue
-- ARGV  1 job id  2 who asked, for the timeline
-- Returns {'cancelled', former state}, {'refused', state} or {'missing', ''}.
-- Guarantees: after 'cancelled' no worker can complete the job.
local id = ARGV[1]
local state, attempts, worker, fence = unpack(fields_of(id, 'state', 'attempts', 'workerId', 'fence'))
if not state then
  state = redis.call('ZSCORE', QUEUE, id) and adopt(id)
  if not state then
    return {'missing', ''}
  end
  attempts, fence = 0, '0'
end
if state ~= 'waiting' and state ~= 'delayed' and state ~= 'active' then
  return {'refused', state}
end
if state == 'active' then
  redis.call('HSET', JOB .. id, 'fence', int((tonumber(fence) or 0) + 1))
  send(worker, 'cancel', id, fence)
end
to_finished(id, state, 'cancelled')
record(id, 'cancelled', 'cancelled', attempts, worker, ARGV[2])
tally('cancelled')
local webhook = redis.call('HGET', JOB .. id, 'webhook')
if webhook then
  tell_webhook(id, 'cancelled', webhook)
end
return {'cancelled', state}
