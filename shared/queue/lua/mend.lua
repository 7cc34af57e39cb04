-- Compares one page of the records with the queue, and puts right what disagrees (keys lost or removed by hand).
-- KEYS  1 the queue
-- ARGV  1 scheduler  2 its token  3 its leadership in ms  4 'waiting', 'delayed', 'active' or 'queue': what to page
--       through  5 first rank  6 last rank
-- Returns {token, entries seen, {id, what was done}…}, or {0, 0} when another scheduler leads.
-- Guarantees: an unfinished job is in the queue at its place; an entry of the queue has an unfinished record.
local UNFINISHED = {waiting = true, delayed = true, active = true}

local function mend_record(id, listed)
  local state, priority, available, large = unpack(fields_of(id, 'state', 'priority', 'availableAt', 'large'))
  if state ~= listed then
    redis.call('ZREM', INDEX .. listed, id)
    return 'dropped from the index of ' .. listed
  end
  if state ~= 'active' and redis.call('EXISTS', PAYLOAD .. id) == 0 then
    local reason = 'its payload was lost'
    to_failed(id, state, 0, '', reason, plain_error('PayloadLost', reason))
    return 'failed: payload lost'
  end
  if redis.call('ZSCORE', QUEUE, id) then
    return nil
  end
  local score = tonumber(redis.call('ZSCORE', INDEX .. state, id))
  if state == 'waiting' then
    score = waiting_score(tonumber(priority) or DEFAULT_PRIORITY, tonumber(available) or NOW, large)
    wake(1)
  end
  redis.call('ZADD', QUEUE, score, id)
  record(id, 'mended', state, 0, '', 'its queue entry was lost and is back')
  return 'queue entry restored'
end

local function mend_entry(id)
  local state = fields_of(id, 'state')[1]
  if not state then
    state = adopt(id)
    return state and 'adopted: ' .. state or 'entry without a job dropped'
  end
  if not UNFINISHED[state] then
    redis.call('ZREM', QUEUE, id)
    return 'entry of a finished job dropped'
  end
  if not redis.call('ZSCORE', INDEX .. state, id) then
    local since = state ~= 'active' and redis.call('HGET', JOB .. id, 'availableAt')
    redis.call('ZADD', INDEX .. state, tonumber(since) or redis.call('ZSCORE', QUEUE, id), id)
    return 'index entry restored'
  end
end

local token = lead(ARGV[1], ARGV[2], ARGV[3])
if not token then
  return {0, 0}
end
local what = ARGV[4]
local key = what == 'queue' and QUEUE or INDEX .. what
local ids = redis.call('ZRANGE', key, ARGV[5], ARGV[6])
local answer = {token, #ids}
for _, id in ipairs(ids) do
  local done
  if what == 'queue' then
    done = mend_entry(id)
  else
    done = mend_record(id, what)
  end
  if done then
    answer[#answer + 1] = {id, done}
  end
end
return answer
