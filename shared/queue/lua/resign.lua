-- Gives up the leadership, so that another scheduler need not wait for its end.
-- KEYS  1 the queue
-- ARGV  1 the leader's token
-- Returns 1 when it led, else 0.
local held = redis.call('GET', LEADER)
if held and cjson.decode(held).token == tonumber(ARGV[1]) then
  return redis.call('DEL', LEADER)
end
return 0
