-- Telling workers that there is something to do, or something to stop.

local MAX_WAKE_TOKENS = 64
local INBOX_TTL_SECONDS, MAX_INBOX = 3600, 256

local function wake(tokens)
  local room = MAX_WAKE_TOKENS - redis.call('LLEN', WAKE)
  local new = {}
  for i = 1, math.min(tokens, room) do
    new[i] = '1'
  end
  if new[1] then
    redis.call('RPUSH', WAKE, unpack(new))
  end
end

local function send(worker, kind, id, fence)
  if worker and worker ~= '' then
    local inbox = 'report:inbox:' .. worker
    redis.call('XADD', inbox, 'MAXLEN', '~', MAX_INBOX, '*', 'type', kind, 'jobId', id, 'fence', fence)
    redis.call('EXPIRE', inbox, INBOX_TTL_SECONDS)
  end
end
