-- Gives a worker as many jobs as it has free slots, in the order of priority and waiting time.
-- KEYS  1 the queue
-- ARGV  1 worker id  2 free slots  3 lease in ms  4 poison limit  5 how many of the free slots large jobs may take
--       6 how many of the jobs begin at once; the others are claimed ahead
--       7 '1' when the claim was left with Redis, behind a pop of a wake token; may be left out
-- Returns {wait, job…}: wait = ms until the next entry may become claimable, 0 when the next job must not be claimed
--         ahead, -1 when there is none or no slot is left for it, or -2 when the claim was left with Redis by a
--         worker that gave no sign of life; each job =
--         {id, fence, attempt, max attempts, timeout in s, created at in ms, request id, origin, payload,
--          ms since its lost worker's last sign of life, or -1, 1 for a large job or 0}.
-- Guarantees: a job is given to one worker at a time, under a fence larger than any before. It is the time of the
--             claim in ms, so it is also none that Redis gave and lost, as at a failover. The cost depends on the
--             slots, not on how many jobs wait or run, large ones included. Entries that lost their lease, fell due
--             or have no record yet are put right when they reach the head of the queue, so claims work without a
--             scheduler. Wake tokens go when nothing is left that they could be for. A claim that was left with
--             Redis takes nothing when its worker gave no sign of life for half a lease: it is frozen or cut off.
--             A job whose worker was lost once, whether it had begun or not, is never claimed ahead again: the
--             claim stops there, and another worker is woken.
local worker, slots, lease_ms, poison_limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local large_slots, now = tonumber(ARGV[5]), tonumber(ARGV[6])
local MAX_REPAIRS, MAX_AT_ONCE = 100, 100

-- When the next entry falls due that `head` has seen, if any.
local upcoming

-- Adds up to `count` entries between two scores, with their scores less `offset`, to those in `found`.
local function collect(found, low, high, offset, count)
  local entries = count > 0 and redis.call('ZRANGEBYSCORE', QUEUE, low, high, 'WITHSCORES', 'LIMIT', 0, count) or {}
  for i = 1, #entries, 2 do
    found[#found + 1] = {entries[i], tonumber(entries[i + 1]) - offset}
  end
  return found
end

-- What is in the bands of the priorities behind the default one, then in those of large jobs.
local function collect_beyond(found, count, large)
  local last = tonumber(redis.call('ZRANGE', QUEUE, -1, -1, 'WITHSCORES')[2] or 0)
  if last >= BAND then
    collect(found, BAND, LARGE_BEGIN, 0, count - #found)
  end
  if last >= LARGE_BEGIN and large > 0 then
    collect(found, LARGE_BEGIN, '+inf', LARGE, math.min(large, count))
    table.sort(found, function(one, other) return one[2] < other[2] end)
  end
end

-- The most urgent entries, at most `count`, of which at most `large` are large jobs.
local function head(count, large)
  -- one more: what stands behind those that wait is the entry that falls due next
  local found = collect({}, '-inf', BAND - 1, 0, count + 1)
  upcoming = nil
  while #found > 0 and found[#found][2] > NOW_EXACT do
    upcoming = table.remove(found)[2]
  end
  if #found < count or large > 0 then
    collect_beyond(found, count, large)
  end
  local ids = {}
  for i = 1, math.min(count, #found) do
    ids[i] = found[i][1]
  end
  return ids
end

-- What a claim must know of a record: its state first.
local function look_at(id)
  return fields_of(id, 'state', 'fence', 'attempts', 'maxAttempts', 'timeoutSeconds', 'createdAt',
    'requestId', 'origin', 'lostAt', 'reportType', 'tenant', 'large', 'stalls', 'lostAhead')
end

-- Whether a worker was lost that had the job. If it was the cause, the next loss must count.
local function was_lost(seen)
  return seen[14] or (tonumber(seen[13]) or 0) > 0
end

-- Gives the worker a job that waits, all but its places in the indexes. Returns what the answer says of it.
local function start(id, seen, payload, ahead)
  local _, fence, attempt, max_attempts, timeout, created, request, origin, lost_at, _, _, large = unpack(seen)
  -- with a clock that is behind, by chance not the fence of a claim that Redis has lost
  fence, attempt = math.max(NOW, (tonumber(fence) or 0) + 1 + NOW % 1000), (tonumber(attempt) or 0) + 1
  redis.call('HSET', JOB .. id, 'state', 'active', 'fence', fence, 'attempts', attempt, 'workerId', worker,
    'startedAt', NOW_TEXT, 'progress', '0', 'stage', 'starting', 'ahead', ahead and fence or '')
  record(id, 'claimed', 'active', attempt, worker)
  if lost_at then
    note_recovery('reclaimed', id, lost_at)
  end
  return {id, fence, attempt, max_attempts, timeout, created, request or '', origin or '', payload or '',
    lost_at and math.max(0, NOW - tonumber(lost_at)) or -1, large and 1 or 0}
end

-- Gives the worker jobs that wait, of which `records` are known, and adds them to `answer`.
local function take(ids, records, answer)
  local payloads, jobs = {}, {}
  for i, id in ipairs(ids) do
    payloads[i], jobs[i] = PAYLOAD .. id, {id, records[i][10], records[i][11]}
  end
  payloads = redis.call('MGET', unpack(payloads))
  for i, id in ipairs(ids) do
    answer[#answer + 1] = start(id, records[i], payloads[i], #answer > now)
  end
  local _, leases = move_all(jobs, 'waiting', 'active', NOW + lease_ms)
  redis.call('ZADD', QUEUE, unpack(leases))
end

-- Puts right an entry that is at the head of the queue but not simply waiting. Returns whether it waits now.
local function repair(id, state)
  -- needs here: adopt, promote, pulse, reprieve, stall
  if not state then
    return adopt(id) == 'waiting'
  elseif state == 'active' then
    pulse(lease_ms / 2, lease_ms)
    if not reprieve(id) then
      stall(id, poison_limit)
    end
  elseif state == 'delayed' then
    promote(id)
  else
    redis.call('ZREM', QUEUE, id)
  end
end

local answer, repairs = {-1}, 0
local paused = redis.call('EXISTS', PAUSED, PAUSED .. ':' .. worker)
if slots < 1 or paused > 0 and redis.call('EXISTS', PAUSED) == 1 then
  return answer
end
if paused > 0 then
  -- the token that woke this worker goes to another one, but not round and round when there is none
  if #head(1, 1) > 0 and redis.call('SET', PAUSED .. ':' .. worker .. ':passed', '1', 'NX', 'PX', '200') then
    wake(1)
  end
  return answer
end
if ARGV[7] == '1' then
  local beat = tonumber(redis.call('HGET', 'report:worker:' .. worker, 'timestamp'))
  if beat and NOW - beat > lease_ms / 2 then
    if #head(1, 1) > 0 then
      wake(1)
    end
    return {-2}
  end
end
local free, all_seen, held = slots, false, false
while free > 0 and not all_seen and not held and repairs < MAX_REPAIRS do
  local most, repaired, taken, records = math.min(free, MAX_AT_ONCE), repairs, {}, {}
  local ids = head(most, large_slots)
  all_seen = #ids < most
  for _, id in ipairs(ids) do
    local seen = look_at(id)
    if seen[1] ~= 'waiting' then
      repairs = repairs + 1
      if repair(id, seen[1]) then
        seen = look_at(id)
      end
    end
    held = seen[1] == 'waiting' and slots - free >= now and was_lost(seen)
    if held then
      break
    elseif seen[1] == 'waiting' then
      taken[#taken + 1], records[#taken + 1] = id, seen
      free, large_slots = free - 1, large_slots - (seen[12] and 1 or 0)
    end
  end
  if #taken > 0 then
    take(taken, records, answer)
  end
  -- what was repaired may stand before the rest
  all_seen, held = all_seen and repairs == repaired, held and repairs == repaired
end
if held then
  -- the token that woke this worker may have been for that job: another worker may begin it at once, perhaps only
  -- the one behind several that pass it on
  if redis.call('SET', 'report:ahead:passed:' .. worker, '1', 'NX', 'PX', '200') then
    wake(1)
  end
  answer[1] = 0
  return answer
end
if not all_seen then
  return answer
end
if upcoming or #answer > 1 then
  local lease_end = #answer > 1 and NOW + lease_ms or math.huge
  answer[1] = math.max(0, math.ceil(math.min(upcoming or math.huge, lease_end) - NOW_EXACT))
end
if large_slots > 0 or #collect({}, LARGE_BEGIN, '+inf', LARGE, 1) == 0 then
  redis.call('DEL', WAKE)
elseif redis.call('SET', 'report:large:passed', '1', 'NX', 'PX', '200') then
  -- the token that woke this worker may have been for a large job: another worker may have room for it
  wake(1)
end
return answer
