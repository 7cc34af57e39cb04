-- Stops new claims, or allows them again. Running jobs go on.
-- KEYS  1 the queue
-- ARGV  1 '1' to pause, '0' to resume  2 who asked
-- Returns 1 when that changed something, else 0.
local changed
if ARGV[1] == '1' then
  changed = redis.call('SET', PAUSED, NOW, 'NX') and 1 or 0
else
  changed = redis.call('DEL', PAUSED)
  wake(MAX_WAKE_TOKENS)
end
if changed == 1 then
  audit(ARGV[1] == '1' and 'queue paused' or 'queue resumed', ARGV[2], '')
  redis.call('XADD', EVENTS, 'MAXLEN', '~', MAX_EVENTS, '*', 'jobId', '', 'event',
    ARGV[1] == '1' and 'paused' or 'resumed', 'state', '', 'at', NOW, 'attempt', '0', 'workerId', '', 'detail', '')
end
return changed
