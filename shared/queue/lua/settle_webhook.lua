-- Notes what became of a try to send a message of the outbox, in the timeline of its job too if that is still there.
-- KEYS  1 the queue
-- ARGV  1 message id  2 'delivered', 'later' or 'given-up'  3 for 'later': ms until the next try  4 detail
-- Returns 1, or 0 when the message is not there any more, or names no job; then what is left of it goes.
-- Guarantees: a message goes only when it was delivered or given up.
local message, outcome, detail = ARGV[1], ARGV[2], ARGV[4]
local id = redis.pcall('HGET', WEBHOOK .. message, 'jobId')
if type(id) ~= 'string' then
  redis.call('ZREM', WEBHOOKS, message)
  redis.call('DEL', WEBHOOK .. message)
  return 0
end
if outcome == 'later' then
  redis.call('ZADD', WEBHOOKS, NOW + tonumber(ARGV[3]), message)
else
  redis.call('ZREM', WEBHOOKS, message)
  redis.call('DEL', WEBHOOK .. message)
end
local state = redis.call('HGET', JOB .. id, 'state')
if state then
  record(id, outcome == 'later' and 'webhook-not-delivered' or 'webhook-' .. outcome, state, 0, '', detail)
end
return 1
