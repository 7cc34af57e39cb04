-- Puts messages back that were taken and for whose receivers there is no room now: no try was made.
-- KEYS  1 the queue
-- ARGV  a message id and the ms until it comes again in turn, for each message
-- Returns how many are there.
-- Guarantees: a message that was settled meanwhile does not come back.
local put_back = 0
for i = 1, #ARGV, 2 do
  local message = ARGV[i]
  if redis.call('EXISTS', WEBHOOK .. message) == 1 then
    redis.call('ZADD', WEBHOOKS, NOW + tonumber(ARGV[i + 1]), message)
    redis.call('HINCRBY', WEBHOOK .. message, 'tries', -1)
    put_back = put_back + 1
  end
end
return put_back
