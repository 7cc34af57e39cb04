-- Notes that an alert fires, or that it does no longer.
-- KEYS  1 the queue
-- ARGV  1 name of the alert  2 '1' when it fires, '0' when it does not
-- Returns 1 when that is a change, else 0.
-- Guarantees: of several schedulers that see a change one is told so.
if ARGV[2] == '1' then
  return redis.call('HSETNX', 'report:alerts', ARGV[1], NOW)
end
return redis.call('HDEL', 'report:alerts', ARGV[1])
