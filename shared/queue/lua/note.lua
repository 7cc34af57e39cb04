-- Adds a line to a job's timeline that moves nothing, such as the proof that a cancelled job's child is gone.
-- KEYS  1 the queue
-- ARGV  1 job id  2 event  3 worker id  4 detail
-- Returns 1, or 0 when there is no such job.
local state, attempts = unpack(redis.call('HMGET', JOB .. ARGV[1], 'state', 'attempts'))
if not state then
  return 0
end
record(ARGV[1], ARGV[2], state, attempts, ARGV[3], ARGV[4])
return 1
