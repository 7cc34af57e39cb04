-- For readers only: the text in which a search looks for jobs.

local TEXT, TEXT_HEAD, MAX_TEXT_LINES, MAX_TEXT = 'report:text', 'report:text:head', 2000, 240
local MAX_LINES_AT_ONCE = 100

-- Starts a new chunk of the search text, for so many lines at first, and drops the oldest ones when no job is as old as they are.
local function next_text_chunk(lines)
  local chunk = redis.call('HINCRBY', TEXT_HEAD, 'chunk', 1)
  redis.call('HSET', TEXT_HEAD, 'lines', lines)
  redis.call('ZADD', TEXT, NOW_EXACT, chunk)
  local oldest = redis.call('ZRANGE', INDEX .. 'all', 0, 0, 'WITHSCORES')[2]
  local chunks = redis.call('ZRANGE', TEXT, 0, 8, 'WITHSCORES')
  for i = 1, #chunks - 2, 2 do
    if oldest and tonumber(chunks[i + 3]) > tonumber(oldest) then
      break
    end
    redis.call('DEL', 'report:text:' .. chunks[i], 'report:textz:' .. chunks[i])
    redis.call('ZREM', TEXT, chunks[i])
  end
  return chunk
end

-- A line of the search text.
local function text_line(id, kind, text)
  text = string.sub(text, 1, MAX_TEXT)
  if not string.find(text, '^%C*$') then
    text = string.gsub(text, '%c', ' ')
  end
  return id .. '\31' .. kind .. '\31' .. text .. '\n'
end

local function write_text(lines)
  for from = 1, #lines, MAX_LINES_AT_ONCE do
    local last = math.min(from + MAX_LINES_AT_ONCE - 1, #lines)
    local chunk = redis.call('HGET', TEXT_HEAD, 'chunk')
    local there = redis.call('HINCRBY', TEXT_HEAD, 'lines', last - from + 1)
    if not chunk or there > MAX_TEXT_LINES then
      chunk = next_text_chunk(last - from + 1)
    end
    redis.call('APPEND', 'report:text:' .. chunk, table.concat(lines, '', from, last))
  end
end
