-- For readers only: what happened in each minute, hour and day.

local HISTORY, MINUTE_MS, MINUTES_KEPT_SECONDS = 'report:history:', 60000, 2 * 86400
local LONGER_STEPS = {{'hour:', 3600000, 62 * 86400}, {'day:', 86400000, 1100 * 86400}}

-- Adds the minute before, which is over, to its hour and its day. What a clock that was set back counts into a
-- minute that is closed already stays out of the longer steps.
local function close_minute(minute)
  local last = redis.call('GET', HISTORY .. 'open')
  if last and tonumber(minute) <= tonumber(last) then
    if last ~= minute then
      redis.call('EXPIRE', HISTORY .. 'minute:' .. minute, MINUTES_KEPT_SECONDS)
    end
    return
  end
  redis.call('SET', HISTORY .. 'open', minute)
  local counts = last and redis.call('HGETALL', HISTORY .. 'minute:' .. last) or {}
  for _, step in ipairs(#counts > 0 and LONGER_STEPS or {}) do
    local key = HISTORY .. step[1] .. int(tonumber(last) - tonumber(last) % step[2])
    for i = 1, #counts, 2 do
      redis.call('HINCRBY', key, counts[i], counts[i + 1])
    end
    redis.call('EXPIRE', key, step[3])
  end
  if last then
    redis.call('EXPIRE', HISTORY .. 'minute:' .. last, MINUTES_KEPT_SECONDS)
  end
end

-- Adds amounts, name and value in turn, to the bucket of this minute.
local function tally(...)
  local minute, amounts = int(NOW - NOW % MINUTE_MS), {...}
  for i = 1, #amounts, 2 do
    local total = redis.call('HINCRBY', HISTORY .. 'minute:' .. minute, amounts[i], int(amounts[i + 1]))
    if i == 1 and total == amounts[i + 1] then
      close_minute(minute)
    end
  end
end

-- Times of a completed job: sums, and a histogram whose bucket t<k> holds times from 2^(k/2) ms on.
local function tally_completed(facts)
  local total = math.max(0, NOW - (tonumber(facts.available) or NOW))
  local run = math.max(0, NOW - (tonumber(facts.started) or NOW))
  local size = tonumber(string.match(facts.result or '', '"fileSize":%s*(%d+)')) or 0
  local pages = tonumber(string.match(facts.result or '', '"pages":%s*(%d+)')) or 0
  redis.call('HINCRBY', 'report:totals', 'bytes', int(size))
  local bucket = math.floor(2 * math.log(math.max(1, total)) / math.log(2))
  tally('completed', 1, 'totalMs', total, 'runMs', run, 'pages', pages, 'bytes', size, 't' .. int(bucket), 1)
end
