-- Replaces a full chunk of the search text by its deflated form.
-- KEYS  1 the queue
-- ARGV  1 number of the chunk  2 its length in bytes when it was read  3 the deflated chunk
-- Returns 1, or 0 when the chunk is still written to, has changed or is gone.
-- Guarantees: no line is lost, whoever else does the same at the same time.
local chunk, length = ARGV[1], tonumber(ARGV[2])
if redis.call('HGET', TEXT_HEAD, 'chunk') == chunk or redis.call('STRLEN', 'report:text:' .. chunk) ~= length then
  return 0
end
redis.call('SET', 'report:textz:' .. chunk, ARGV[3])
redis.call('DEL', 'report:text:' .. chunk)
return 1
