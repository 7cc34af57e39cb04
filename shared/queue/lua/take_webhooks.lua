-- Hands out messages of the outbox whose time has come. They come back by themselves when they are not settled.
-- KEYS  1 the queue
-- ARGV  1 most messages  2 how long nobody else gets them, in ms
-- Returns {message id, {field, value, …}}…
-- Guarantees: two senders do not get the same message at the same time; none is lost when a sender dies.
local answer = {}
for _, message in ipairs(redis.call('ZRANGEBYSCORE', WEBHOOKS, '-inf', NOW, 'LIMIT', 0, ARGV[1])) do
  local key = WEBHOOK .. message
  if redis.call('EXISTS', key) == 0 then
    redis.call('ZREM', WEBHOOKS, message)
  else
    redis.call('ZADD', WEBHOOKS, NOW + tonumber(ARGV[2]), message)
    redis.call('HINCRBY', key, 'tries', 1)
    answer[#answer + 1] = {message, redis.call('HGETALL', key)}
  end
end
return answer
