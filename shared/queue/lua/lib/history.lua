-- For readers only: what happened in each minute, hour and day.

local HISTORY, MINUTES_KEPT_SECONDS = 'report:history:', 2 * 86400
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

local function this_minute()
  return string.format('%d', NOW - NOW % 60000)
end

-- Counts one more of `what` in this minute.
local function tally(what)
  local minute = this_minute()
  if redis.call('HINCRBY', HISTORY .. 'minute:' .. minute, what, 1) == 1 then
    close_minute(minute)
  end
end

-- Counts a completed job in this minute, with its times: sums, and a histogram whose bucket t<k> holds times from
-- 2^(k/2) ms on. One read and one write cost half of what an increment of each sum does.
local function tally_completed(available, started, size, pages)
  local total = math.max(0, NOW - (tonumber(available) or NOW))
  local run = math.max(0, NOW - (tonumber(started) or NOW))
  local slot = 't' .. math.floor(2 * math.log(math.max(1, total)) / math.log(2))
  local minute = this_minute()
  local key = HISTORY .. 'minute:' .. minute
  local sums = redis.call('HMGET', key, 'completed', 'totalMs', 'runMs', 'pages', 'bytes', slot)
  redis.call('HSET', key, 'completed', (sums[1] or 0) + 1, 'totalMs', (sums[2] or 0) + math.floor(total + 0.5),
    'runMs', (sums[3] or 0) + run, 'pages', (sums[4] or 0) + pages, 'bytes', (sums[5] or 0) + size,
    slot, (sums[6] or 0) + 1)
  redis.call('HINCRBY', 'report:totals', 'bytes', size)
  if not sums[1] then
    close_minute(minute)
  end
end
