-- For readers only: what happened in each minute, hour and day.

local HISTORY, MINUTES_KEPT_SECONDS = 'report:history:', 2 * 86400
-- An open minute that is further ahead, in ms, was never: the clock had jumped.
local FAR_AHEAD = 3600000
local LONGER_STEPS = {{'hour:', 3600000, 62 * 86400}, {'day:', 86400000, 1100 * 86400}}

-- Adds the minute before, which is over, to its hour and its day. What a clock that was set back a little counts into
-- a minute that is closed already stays out of the longer steps.
local function close_minute(minute)
  local last = redis.call('GET', HISTORY .. 'open')
  local ahead = last and tonumber(last) - tonumber(minute) or -1
  if ahead >= 0 and ahead < FAR_AHEAD then
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

-- Counts one more of `what` in this minute, or `count` more.
local function tally(what, count)
  count = count or 1
  local minute = this_minute()
  if redis.call('HINCRBY', HISTORY .. 'minute:' .. minute, what, count) == count then
    close_minute(minute)
  end
end

-- Milliseconds since a time, a text.
local function since(time)
  return math.max(0, NOW - (tonumber(time) or NOW))
end

-- Counts completed jobs in this minute, with their times: sums, and a histogram whose bucket t<k> holds times from
-- 2^(k/2) ms on. `jobs`: {…, …, …, when it was available, when it was started, bytes, pages} each. One read and one
-- write cost half of what an increment of each sum does.
local function tally_completed(jobs)
  local total_ms, run_ms, bytes, pages, slots = 0, 0, 0, 0, {}
  for i = 1, #jobs do
    local job = jobs[i]
    local total = since(job[4])
    local slot = 't' .. math.floor(2 * math.log(math.max(1, total)) / math.log(2))
    total_ms, run_ms, slots[slot] = total_ms + math.floor(total + 0.5), run_ms + since(job[5]), (slots[slot] or 0) + 1
    bytes, pages = bytes + job[6], pages + job[7]
  end
  local names, added = {'completed', 'totalMs', 'runMs', 'pages', 'bytes'}, {#jobs, total_ms, run_ms, pages, bytes}
  for slot, count in pairs(slots) do
    names[#names + 1], added[#added + 1] = slot, count
  end
  local minute, changes = this_minute(), {}
  local key = HISTORY .. 'minute:' .. minute
  local sums = redis.call('HMGET', key, unpack(names))
  for i = 1, #names do
    changes[2 * i - 1], changes[2 * i] = names[i], (sums[i] or 0) + added[i]
  end
  redis.call('HSET', key, unpack(changes))
  redis.call('HINCRBY', 'report:totals', 'bytes', bytes)
  if not sums[1] then
    close_minute(minute)
  end
end
