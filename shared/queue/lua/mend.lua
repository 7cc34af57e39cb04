-- Compares one page of the records with the queue, and puts right what disagrees (keys lost or removed by hand).
-- KEYS  1 the queue
-- ARGV  1 scheduler  2 its token  3 its leadership in ms  4 'waiting', 'delayed', 'active' or 'queue': what to page
--       through  5 the score at which the page begins  6 how many entries of that score were seen already  7 entries
--       of a page
-- Returns {token, where the next page begins: a score, or '' when this was the last, and how many entries of that
--         score were seen, {id, what was done, 1; or why nothing could be, 0}…}, or {0, '', 0} when another scheduler leads. Pages go by scores and
--         not by ranks: jobs that are claimed meanwhile would shift those behind them past the next page.
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

-- Where the page after this one begins: at the score of the entry behind it. Of entries of one score that fill more
-- than a page, those that were seen and that mending left in their place are passed over.
local function next_page(key, page, size, first, seen)
  local score, alike, still = page[2 * size + 2], {}, 0
  if not score then
    return '', 0
  end
  for i = 2 * size, 2, -2 do
    if page[i] ~= score then
      break
    end
    alike[#alike + 1] = page[i - 1]
  end
  for _, now in ipairs(#alike > 0 and redis.call('ZMSCORE', key, unpack(alike)) or {}) do
    still = still + (now and tonumber(now) == tonumber(score) and 1 or 0)
  end
  return score, score == first and still + seen or 0
end

local token = lead(ARGV[1], ARGV[2], ARGV[3])
if not token then
  return {0, '', 0}
end
local what, first, seen, size = ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
local key = what == 'queue' and QUEUE or INDEX .. what
local page = redis.call('ZRANGEBYSCORE', key, first, '+inf', 'WITHSCORES', 'LIMIT', seen, size + 1)
local repairs = {}
for i = 1, math.min(#page, 2 * size), 2 do
  local id, mend = page[i], what == 'queue' and mend_entry or mend_record
  -- a job with which this can't be done must not keep it from all the others
  local whole, done = pcall(mend, id, what)
  if not whole then
    done = type(done) == 'table' and done.err or tostring(done)
  end
  if done then
    repairs[#repairs + 1] = {id, done, whole and 1 or 0}
  end
end
local following, passed = next_page(key, page, size, first, seen)
return {token, following, passed, unpack(repairs)}
