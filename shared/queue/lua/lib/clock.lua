-- Redis's own clock, and numbers as texts.

local clock = redis.call('TIME')
-- Milliseconds with the microseconds as a fraction: keeps jobs of the same millisecond in order.
local NOW_EXACT = tonumber(clock[1]) * 1000 + tonumber(clock[2]) / 1000
local NOW = math.floor(NOW_EXACT)
-- The same as a text, without the cost of writing out a floating-point number.
local NOW_TEXT = string.format('%d', NOW)

-- A time further ahead than this was written before the clock was set back.
local CLOCK_MARGIN_MS = 1000

local function int(number)
  return string.format('%.0f', number)
end

-- A time with its microseconds, so that jobs of the same millisecond keep their order when one comes back.
local function exact(number)
  return string.format('%.3f', number)
end
