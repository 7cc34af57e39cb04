-- For readers only: the text in which a search looks for jobs.

local TEXT, TEXT_HEAD, MAX_TEXT_LINES, MAX_TEXT = 'report:text', 'report:text:head', 2000, 240

-- Starts a new chunk of the search text, and drops the oldest ones when no job is as old as they are.
local function next_text_chunk()
  local chunk = redis.call('HINCRBY', TEXT_HEAD, 'chunk', 1)
  redis.call('HSET', TEXT_HEAD, 'lines', '1')
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

local function write_text(id, kind, text)
  text = string.sub(text, 1, MAX_TEXT)
  if not string.find(text, '^%C*$') then
    text = string.gsub(text, '%c', ' ')
  end
  local chunk = redis.call('HGET', TEXT_HEAD, 'chunk')
  local lines = redis.call('HINCRBY', TEXT_HEAD, 'lines', 1)
  if not chunk or lines > MAX_TEXT_LINES then
    chunk = next_text_chunk()
  end
  redis.call('APPEND', 'report:text:' .. chunk, id .. '\31' .. kind .. '\31' .. text .. '\n')
end
