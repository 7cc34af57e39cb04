-- Hands out messages of the outbox whose time has come. They come back by themselves when they are not settled.
-- KEYS  1 the queue
-- ARGV  1 most messages  2 how long nobody else gets them, in ms
-- Returns {message id, {field, value, …}}…, without fields for one whose tries can't be counted.
-- Guarantees: two senders do not get the same message at the same time; none is lost when a sender dies.
local answer = {}
for _, message in ipairs(redis.call('ZRANGEBYSCORE', WEBHOOKS, '-inf', NOW, 'LIMIT', 0, ARGV[1])) do
  local key = WEBHOOK .. message
  if redis.call('EXISTS', key) == 0 then
    redis.call('ZREM', WEBHOOKS, message)
  else
    redis.call('ZADD', WEBHOOKS, NOW + tonumber(ARGV[2]), message)
    local counted = redis.pcall('HINCRBY', key, 'tries', 1)
    answer[#answer + 1] = {message, type(counted) == 'number' and redis.call('HGETALL', key) or {}}
  end
end
return answer
