-- Finds the next jobs of a list, in order, by merging indexes and checking what no index knows.
-- KEYS  1 the queue
-- ARGV  1 'desc' or 'asc'  2 most jobs  3 most entries looked at  4 lowest score  5 highest score
--       6 score and  7 id of the entry to go on behind, or '' ''
--       8 state  9 type  10 tenant  11 worker that a record must have, each or ''  12… the indexes, zsets
-- Returns {entries looked at, '1' when there is nothing behind, score and id of the last entry looked at, id…}.
-- Guarantees: changes nothing; the cost depends on the limits, not on the size of the indexes.
local desc, limit, budget = ARGV[1] == 'desc', tonumber(ARGV[2]), tonumber(ARGV[3])
local low, high, after, after_id = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local fields, wanted = {}, {}
for i, field in ipairs({'state', 'reportType', 'tenant', 'workerId'}) do
  if ARGV[7 + i] ~= '' then
    fields[#fields + 1], wanted[#wanted + 1] = field, ARGV[7 + i]
  end
end
local checked = #fields > 0
local batch = math.min(checked and 64 or limit + 1, 200)

-- Whether an entry comes before another one in the list.
local function before(score, id, other, other_id)
  if score == other then
    if desc then
      return id > other_id
    end
    return id < other_id
  end
  if desc then
    return score > other
  end
  return score < other
end

local function open(key)
  local rank
  if desc then
    rank = redis.call('ZCOUNT', key, '(' .. string.format('%.17g', after or high), '+inf')
  else
    rank = redis.call('ZCOUNT', key, '-inf', '(' .. string.format('%.17g', after or low))
  end
  return {key = key, rank = rank, items = {}, at = 1}
end

-- The entry that a source is at; nil at its end.
local function peek(source)
  while true do
    if source.at > #source.items then
      local command = desc and 'ZREVRANGE' or 'ZRANGE'
      source.items = redis.call(command, source.key, source.rank, source.rank + batch - 1, 'WITHSCORES')
      source.rank, source.at = source.rank + batch, 1
      if #source.items == 0 then
        return nil
      end
    end
    local id, score = source.items[source.at], tonumber(source.items[source.at + 1])
    if score < low or score > high then
      return nil
    end
    if not after or before(after, after_id, score, id) then
      return score, id, source.items[source.at + 1]
    end
    source.at = source.at + 2
  end
end

local function matches(id)
  if not checked then
    return true
  end
  local values = redis.pcall('HMGET', JOB .. id, unpack(fields))
  for i, value in ipairs(wanted) do
    if values[i] ~= value then
      return false
    end
  end
  return true
end

local sources = {}
for i = 12, #ARGV do
  sources[#sources + 1] = open(ARGV[i])
end

local function first()
  local best, best_score, best_id, best_text
  for i = #sources, 1, -1 do
    local score, id, text = peek(sources[i])
    if not score then
      table.remove(sources, i)
    elseif not best or before(score, id, best_score, best_id) then
      best, best_score, best_id, best_text = sources[i], score, id, text
    end
  end
  return best, best_id, best_text
end

local found, looked, last_score, last_id = {}, 0, '', ''
local source, id, score = first()
while source and looked < budget and #found < limit do
  looked, last_score, last_id = looked + 1, score, id
  source.at = source.at + 2
  if matches(id) then
    found[#found + 1] = id
  end
  source, id, score = first()
end
return {looked, source and '0' or '1', last_score, last_id, unpack(found)}
