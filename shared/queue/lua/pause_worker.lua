-- Stops new claims of one worker, or allows them again. What it runs goes on.
-- KEYS  1 the queue
-- ARGV  1 worker id  2 '1' to pause, '0' to resume  3 who asked
-- Returns 1 when that changed something, else 0.
local worker, changed = ARGV[1], nil
local key, FORGOTTEN_SECONDS = PAUSED .. ':' .. worker, 7 * 86400
if ARGV[2] == '1' then
  changed = redis.call('SET', key, NOW, 'NX', 'EX', FORGOTTEN_SECONDS) and 1 or 0
else
  changed = redis.call('DEL', key)
  wake(MAX_WAKE_TOKENS)
end
if changed == 1 then
  audit(ARGV[2] == '1' and 'worker paused' or 'worker resumed', ARGV[3], worker)
  redis.call('XADD', EVENTS, 'MAXLEN', '~', MAX_EVENTS, '*', 'jobId', '', 'event',
    ARGV[2] == '1' and 'worker-paused' or 'worker-resumed', 'state', '', 'at', NOW, 'attempt', '0',
    'workerId', worker, 'detail', '')
end
return changed
