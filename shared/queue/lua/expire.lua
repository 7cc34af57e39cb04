-- Forgets finished jobs that are older than they may be, or more than there may be: the oldest first.
-- KEYS  1 the queue
-- ARGV  1 scheduler  2 its token  3 its leadership in ms  4 state  5 oldest age in ms, or '' for no limit
--       6 how many to keep, or '' for all  7 most jobs in one call
-- Returns {token, jobs forgotten, file name…}: the PDFs that their records named, which the caller deletes. {0, 0}
--         when another scheduler leads.
-- Guarantees: only finished jobs; the record and its offer for reuse go before the file, so that neither names a file
--             that is gone.
local FINISHED = {completed = true, failed = true, cancelled = true}
local state, age_ms, keep, limit = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])

local token = lead(ARGV[1], ARGV[2], ARGV[3])
if not token or not FINISHED[state] then
  return {0, 0}
end

local function oldest()
  local surplus = keep and redis.call('ZCARD', INDEX .. state) - keep or 0
  if surplus > 0 then
    return redis.call('ZRANGE', INDEX .. state, 0, math.min(surplus, limit) - 1)
  end
  if not age_ms then
    return {}
  end
  return redis.call('ZRANGEBYSCORE', INDEX .. state, '-inf', '(' .. NOW - age_ms, 'LIMIT', 0, limit)
end

local ids = oldest()
local answer = {token, #ids}
for _, id in ipairs(ids) do
  local now, result = unpack(fields_of(id, 'state', 'result'))
  if now and now ~= state then
    redis.call('ZREM', INDEX .. state, id)
  else
    local readable, facts = pcall(cjson.decode, result or '')
    if readable and type(facts) == 'table' and type(facts.fileName) == 'string' then
      answer[#answer + 1] = facts.fileName
    end
    forget(id, state, 'retention')
  end
end
return answer
