-- What every script starts with: the map of the keys, and the moves they share.
--
-- report:queue          zset  every unfinished job; score = the time in ms before which it must not be claimed
--                             (waiting: since when it may; delayed: its time; active: its lease's end), moved by
--                             a band per priority while it waits; large jobs wait in bands of their own. arq's
--                             clients write and read this key too.
-- arq:job:<id>          str   the payload in arq's layout, JSON; never decoded here except to adopt a stranger's
-- arq:result:<id>       str   arq's result, only for jobs that an arq client enqueued
-- report:job:<id>       hash  the record
-- report:log:<id>       list  the timeline, one JSON array [at, event, attempt, workerId, detail] each
-- report:index:<state>  zset  the jobs in that state; score = available (waiting, delayed), lease end (active),
--                             finish time (completed, failed, cancelled), all in ms
-- report:index:all      zset  every job; score = creation time in ms
-- report:wake           list  a token for each idle worker that should look at the queue
-- report:inbox:<worker> stream  messages for one worker: type, jobId, fence. Reading takes nothing out, so that
--                             a message whose reader lost its connection is read again
-- report:worker:<id>    hash  a worker's presence; report:workers zset of them by last heartbeat in ms
-- report:idem:<key>     str   "<job id> <body hash>"
-- report:idem-batch:<key> str  JSON {hash, ids} of a batch
-- report:reuse:<hash>   str   the completed job whose PDF is the answer to every report with that content hash, which
--                             covers the tenant; expires. Only jobs with the record field `reuse` get into it
-- report:webhooks       zset  messages about ended jobs that are still to be sent; score = when to try next, in ms
-- report:webhook:<id>   hash  one of them, whole, with the address and the secret that it is for
-- report:scheduler      str   the scheduler that leads, JSON {id, token, timestamp}; expires with its leadership
-- report:scheduler:token num  the last token given to a leader
-- report:pulse          num   when a sweep or a heartbeat last came, in ms
-- report:reprieve       num   until when no lease is judged, in ms; expires then
-- report:recovery:<what> list of "<when in ms> <job id> <ms since the worker's last sign of life>", newest first;
--                             what = reclaimed, completed
-- report:volume         str   the name of the volume whose files belong to these records (scheduler/orphans.py)
-- report:paused         str   present: no new claims
-- report:paused:<worker> str  present: that worker takes no more jobs
-- report:paused:<worker>:passed, report:large:passed str  present for a moment: a wake token was just passed on
-- report:events         stream of all changes
-- report:audit          stream of what people did that no timeline shows: action, by, detail, at
-- report:alerts         hash  since when, in ms, each alert that fires does
--
-- What only readers need:
-- report:by:<facet>:<value>:<state>  zset  the jobs of a type or of a tenant in a state; score = creation time in ms
-- report:history:<step>:<start>  hash  what happened in one minute, hour or day; expires by itself. Hours and days
--                             lack the minute that report:history:open names
-- report:history:open   str   the last minute in which something happened, in ms: not yet added to its hour and day
-- report:totals         hash  bytes: size of all published PDFs whose record is still there
-- report:text           zset  the numbers of the search text's chunks; score = time of a chunk's first line in ms
-- report:text:head      hash  chunk: the one that is written to now; lines: how many it has
-- report:text:<n>       str   lines of <id> US <kind> US <text> LF; kind s: as submitted, f: why it failed
-- report:textz:<n>      str   the same chunk once it is full, deflated by the first reader that needs to
--
-- Times come from Redis's own clock. Scripts keep to what Redis 7.0 knows.

local QUEUE = KEYS[1]
local JOB, LOG, INDEX = 'report:job:', 'report:log:', 'report:index:'
local PAYLOAD, REUSE = 'arq:job:', 'report:reuse:'
local WAKE, EVENTS, PAUSED = 'report:wake', 'report:events', 'report:paused'
local LEADER, PULSE, REPRIEVE, RECOVERY = 'report:scheduler', 'report:pulse', 'report:reprieve', 'report:recovery:'
local JOB_NAME = 'generate-report'

-- The width of a priority's band of scores, in ms: wider than any time until the year 2286.
local BAND = 1e13
local DEFAULT_PRIORITY = 5
-- How far behind the others' bands those of large jobs are, so that a claim can take the ones and leave the others.
local LARGE = 20 * BAND
-- Between the bands of the two kinds.
local LARGE_BEGIN = LARGE / 2
local MAX_WAKE_TOKENS, MAX_LOG, MAX_EVENTS = 64, 200, 20000
local INBOX_TTL_SECONDS, MAX_INBOX, MAX_RECOVERIES = 3600, 256, 500

local clock = redis.call('TIME')
-- Milliseconds with the microseconds as a fraction: keeps jobs of the same millisecond in order.
local NOW_EXACT = tonumber(clock[1]) * 1000 + tonumber(clock[2]) / 1000
local NOW = math.floor(NOW_EXACT)

local function int(number)
  return string.format('%.0f', number)
end

-- A time with its microseconds, so that jobs of the same millisecond keep their order when one comes back.
local function exact(number)
  return string.format('%.3f', number)
end

-- Where a waiting job stands: priority first, then since when it may run. `large`: the record's field of that name.
local function waiting_score(priority, available, large)
  return (priority - DEFAULT_PRIORITY) * BAND + available + (large and LARGE or 0)
end

local function wake(tokens)
  local room = MAX_WAKE_TOKENS - redis.call('LLEN', WAKE)
  for _ = 1, math.min(tokens, room) do
    redis.call('RPUSH', WAKE, '1')
  end
end

local function send(worker, kind, id, fence)
  if worker and worker ~= '' then
    local inbox = 'report:inbox:' .. worker
    redis.call('XADD', inbox, 'MAXLEN', '~', MAX_INBOX, '*', 'type', kind, 'jobId', id, 'fence', fence)
    redis.call('EXPIRE', inbox, INBOX_TTL_SECONDS)
  end
end

-- ---- For readers only: facets, time buckets, search text. Nothing above and no transition depends on them. ----

local HISTORY, MINUTE_MS, MINUTES_KEPT_SECONDS = 'report:history:', 60000, 2 * 86400
local LONGER_STEPS = {{'hour:', 3600000, 62 * 86400}, {'day:', 86400000, 1100 * 86400}}
local COUNTED = {submitted = 'submitted', adopted = 'submitted', completed = 'completed', failed = 'failed',
  cancelled = 'cancelled', stalled = 'stalled', retrying = 'retrying', retried = 'retried'}
local TEXT, TEXT_HEAD, MAX_TEXT_LINES, MAX_TEXT = 'report:text', 'report:text:head', 2000, 240

-- What readers must know of a job whose record is at hand: a caller that has read these fields anyway passes them on.
-- What is submitted with a job for the search text alone, its `sample`, is in no record.
local function facts_of(id)
  local kind, tenant, title, available, started, result = unpack(redis.call('HMGET', JOB .. id, 'reportType',
    'tenant', 'title', 'availableAt', 'startedAt', 'result'))
  return {kind = kind, tenant = tenant, title = title, available = available, started = started, result = result}
end

-- Files the job under its type and its tenant; without `to` it is only taken out.
local function refile(id, from, to, facts)
  facts = facts or facts_of(id)
  local created
  for facet, value in pairs({type = facts.kind or '', tenant = facts.tenant or ''}) do
    if value ~= '' then
      local key = 'report:by:' .. facet .. ':' .. value .. ':'
      if from then
        redis.call('ZREM', key .. from, id)
      end
      if to then
        created = created or redis.call('ZSCORE', INDEX .. 'all', id)
        redis.call('ZADD', key .. to, created, id)
      end
    end
  end
end

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

-- Adds amounts, name and value in turn, to the bucket of this minute.
local function tally(...)
  local minute, amounts = int(NOW - NOW % MINUTE_MS), {...}
  for i = 1, #amounts, 2 do
    local total = redis.call('HINCRBY', HISTORY .. 'minute:' .. minute, amounts[i], int(amounts[i + 1]))
    if i == 1 and total == amounts[i + 1] then
      close_minute(minute)
    end
  end
end

-- Times of a completed job: sums, and a histogram whose bucket t<k> holds times from 2^(k/2) ms on.
local function tally_completed(facts)
  local total = math.max(0, NOW - (tonumber(facts.available) or NOW))
  local run = math.max(0, NOW - (tonumber(facts.started) or NOW))
  local size = tonumber(string.match(facts.result or '', '"fileSize":%s*(%d+)')) or 0
  local pages = tonumber(string.match(facts.result or '', '"pages":%s*(%d+)')) or 0
  redis.call('HINCRBY', 'report:totals', 'bytes', int(size))
  local bucket = math.floor(2 * math.log(math.max(1, total)) / math.log(2))
  tally('completed', 1, 'totalMs', total, 'runMs', run, 'pages', pages, 'bytes', size, 't' .. int(bucket), 1)
end

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
  text = string.gsub(string.sub(text, 1, MAX_TEXT), '%c', ' ')
  local chunk = redis.call('HGET', TEXT_HEAD, 'chunk')
  local lines = redis.call('HINCRBY', TEXT_HEAD, 'lines', 1)
  if not chunk or lines > MAX_TEXT_LINES then
    chunk = next_text_chunk()
  end
  redis.call('APPEND', 'report:text:' .. chunk, id .. '\31' .. kind .. '\31' .. text .. '\n')
end

-- Called once for every line of a timeline.
local function note_for_readers(id, event, state, detail, facts)
  if event == 'completed' then
    tally_completed(facts or facts_of(id))
  elseif COUNTED[event] then
    tally(COUNTED[event], 1)
  end
  if event == 'submitted' or event == 'adopted' then
    facts = facts or facts_of(id)
    refile(id, nil, state, facts)
    write_text(id, 's', (facts.title or '') .. '\t' .. (facts.sample or ''))
  elseif event == 'failed' then
    write_text(id, 'f', detail)
  end
end

-- Called before a record with that result is deleted.
local function forget_for_readers(id, state, result)
  refile(id, state, nil)
  local size = tonumber(string.match(result or '', '"fileSize":%s*(%d+)'))
  if size then
    redis.call('HINCRBY', 'report:totals', 'bytes', int(-size))
  end
end

-- ---- The moves. ----

-- Writes one line of the job's timeline and the same as an event. `facts` as `facts_of` gives them, if known.
local function record(id, event, state, attempt, worker, detail, facts)
  attempt = tonumber(attempt) or 0
  worker, detail = worker or '', detail or ''
  if redis.call('RPUSH', LOG .. id, cjson.encode({NOW, event, attempt, worker, detail})) > MAX_LOG then
    redis.call('LTRIM', LOG .. id, -MAX_LOG, -1)
  end
  redis.call('XADD', EVENTS, 'MAXLEN', '~', MAX_EVENTS, '*', 'jobId', id, 'event', event, 'state', state,
    'at', int(NOW), 'attempt', int(attempt), 'workerId', worker, 'detail', detail)
  note_for_readers(id, event, state, detail, facts)
end

-- `fields`: what else changes in the record, name and value in turn; `facts` as above.
local function move(id, from, to, index_score, fields, facts)
  refile(id, from, to, facts)
  redis.call('ZREM', INDEX .. from, id)
  redis.call('ZADD', INDEX .. to, index_score, id)
  redis.call('HSET', JOB .. id, 'state', to, unpack(fields or {}))
end

-- The job may be claimed from now on, at the place its availability gives it.
local function to_waiting(id, from, priority, available)
  move(id, from, 'waiting', available,
    {'availableAt', exact(available), 'workerId', '', 'progress', '0', 'stage', ''})
  redis.call('ZADD', QUEUE, waiting_score(priority, available, redis.call('HGET', JOB .. id, 'large')), id)
  wake(1)
end

local function to_finished(id, from, to, fields, facts)
  fields = fields or {}
  fields[#fields + 1] = 'finishedAt'
  fields[#fields + 1] = int(NOW)
  move(id, from, to, NOW, fields, facts)
  redis.call('ZREM', QUEUE, id)
end

local WEBHOOKS, WEBHOOK = 'report:webhooks', 'report:webhook:'

-- Puts a message about a job's end into the outbox, as a whole: the job may be retried or removed before it is sent.
-- `webhook` = JSON {url, secret}, of the job or of a request that is answered with it.
local function tell_webhook(id, event, webhook)
  local message = id .. '-' .. int(redis.call('HINCRBY', JOB .. id, 'webhooks', 1))
  local key, said = WEBHOOK .. message, {'reportType', 'title', 'tenant', 'attempts', 'result', 'failedReason', 'error'}
  local values = redis.call('HMGET', JOB .. id, unpack(said))
  redis.call('HSET', key, 'jobId', id, 'event', event, 'at', int(NOW), 'webhook', webhook, 'tries', '0')
  for i, name in ipairs(said) do
    redis.call('HSET', key, name, values[i] or '')
  end
  redis.call('ZADD', WEBHOOKS, NOW, message)
end

-- The webhook among record fields, name and value in turn.
local function webhook_in(fields)
  for i = 1, #fields, 2 do
    if fields[i] == 'webhook' then
      return fields[i + 1]
    end
  end
end

local function to_failed(id, from, attempt, worker, reason, error_json)
  to_finished(id, from, 'failed', {'failedReason', reason, 'error', error_json})
  record(id, 'failed', 'failed', attempt, worker, reason)
  local webhook = redis.call('HGET', JOB .. id, 'webhook')
  if webhook then
    tell_webhook(id, 'failed', webhook)
  end
end

-- The completed job whose PDF is what `reuse` asks for: "<content hash> <seconds>", or '' for nothing. Returns nil when
-- there is none; a key whose job was removed, or is another one by now, counts for nothing.
local function reusable(reuse)
  local hash = string.match(reuse, '^%x+')
  local id = hash and redis.call('GET', REUSE .. hash)
  if id then
    local state, made_for = unpack(redis.call('HMGET', JOB .. id, 'state', 'reuse'))
    return state == 'completed' and string.match(made_for or '', '^%x+') == hash and id or nil
  end
end

-- From now on the completed job is the answer to its content hash, for as many seconds as its field `reuse` says.
local function offer_for_reuse(id, reuse)
  local hash, seconds = string.match(reuse, '^(%x+) (%d+)$')
  if hash then
    redis.call('SET', REUSE .. hash, id, 'EX', seconds)
  end
end

local function withdraw_from_reuse(id, reuse)
  local key = REUSE .. (string.match(reuse, '^%x+') or '')
  if redis.call('GET', key) == id then
    redis.call('DEL', key)
  end
end

-- Makes a job that does not exist yet: record, payload, place in the queue. `delay` in ms; `run_at` in epoch ms or '';
-- `reuse` as above; `fields` are further record fields, name and value in turn; the one called `sample` goes into the
-- search text instead. Returns its state. The caller wakes workers.
local function create(id, payload, delay, run_at, priority, reuse, fields)
  local available = run_at ~= '' and tonumber(run_at) or NOW_EXACT + tonumber(delay)
  local state = available > NOW_EXACT and 'delayed' or 'waiting'
  if state == 'waiting' then
    available = NOW_EXACT
  end
  local kept, known = {}, {}
  for i = 1, #fields, 2 do
    known[fields[i]] = fields[i + 1]
    if fields[i] ~= 'sample' then
      kept[#kept + 1] = fields[i]
      kept[#kept + 1] = fields[i + 1]
    end
  end
  if reuse ~= '' then
    kept[#kept + 1] = 'reuse'
    kept[#kept + 1] = reuse
  end
  redis.call('SET', PAYLOAD .. id, payload)
  redis.call('HSET', JOB .. id, 'state', state, 'fence', '0', 'attempts', '0', 'stalls', '0', 'progress', '0',
    'stage', '', 'workerId', '', 'createdAt', int(NOW), 'availableAt', exact(available),
    'priority', priority, unpack(kept))
  redis.call('ZADD', INDEX .. 'all', NOW_EXACT, id)
  redis.call('ZADD', INDEX .. state, available, id)
  local score = state == 'waiting' and waiting_score(tonumber(priority), available, known.large) or available
  redis.call('ZADD', QUEUE, score, id)
  record(id, 'submitted', state, 0, '', '',
    {kind = known.reportType, tenant = known.tenant, title = known.title, sample = known.sample})
  return state
end

-- Notes what somebody did to the queue, to a worker, to many jobs, or to one that is gone now.
local function audit(action, by, detail)
  redis.call('XADD', 'report:audit', 'MAXLEN', '~', 5000, '*', 'action', action, 'by', by, 'detail', detail,
    'at', int(NOW))
end

local function plain_error(type_name, reason)
  return cjson.encode({type = type_name, message = reason, detail = ''})
end

-- Takes or renews the leadership among schedulers. Returns the token to name next time, or nil when another leads:
-- then nothing may be done. A leader that slept through its time has lost it as soon as another one came.
local function lead(id, token, leadership_ms)
  local held = redis.call('GET', LEADER)
  if held then
    local readable, leader = pcall(cjson.decode, held)
    if not readable or leader.token ~= tonumber(token) then
      return nil
    end
  else
    token = redis.call('INCR', LEADER .. ':token')
  end
  redis.call('SET', LEADER, cjson.encode({id = id, token = tonumber(token), timestamp = NOW}), 'PX', leadership_ms)
  return tonumber(token)
end

-- Notes that the queue is looked after. When that was not so for a while (Redis was down or frozen, or its clock
-- jumped), nobody could renew a lease: then none is judged for the time of one lease from now.
local function pulse(longest_gap, lease_ms)
  local last = tonumber(redis.call('GET', PULSE))
  if last and NOW - last > longest_gap then
    redis.call('SET', REPRIEVE, int(NOW + lease_ms), 'PX', int(lease_ms))
  end
  redis.call('SET', PULSE, int(NOW))
end

-- Prolongs a lease that ended while nobody could renew it. Returns whether it did.
local function reprieve(id)
  local ends = tonumber(redis.call('GET', REPRIEVE))
  if not ends or ends <= NOW then
    return false
  end
  redis.call('ZADD', QUEUE, ends, id)
  redis.call('ZADD', INDEX .. 'active', ends, id)
  return true
end

-- When a worker was last heard of, as far as one of its jobs can tell.
local function last_sign_of(worker, started)
  local beat = redis.call('HGET', 'report:worker:' .. worker, 'timestamp')
  return math.max(tonumber(beat) or 0, tonumber(started) or 0)
end

local function note_recovery(what, id, lost_at)
  redis.call('LPUSH', RECOVERY .. what, int(NOW) .. ' ' .. id .. ' ' .. int(math.max(0, NOW - tonumber(lost_at))))
  redis.call('LTRIM', RECOVERY .. what, 0, MAX_RECOVERIES - 1)
end

-- An active job whose worker is lost: back to waiting, at its old place, or failed when that happened too often or
-- no attempt is left. `lost_at` = the worker's last sign of life when the caller knows it. Returns the state now.
local function stall(id, poison_limit, why, lost_at)
  local worker, attempts, max_attempts, priority, available, fence, started = unpack(redis.call('HMGET', JOB .. id,
    'workerId', 'attempts', 'maxAttempts', 'priority', 'availableAt', 'fence', 'startedAt'))
  local stalls = redis.call('HINCRBY', JOB .. id, 'stalls', 1)
  redis.call('HSET', JOB .. id, 'lostAt', int(lost_at or last_sign_of(worker, started)))
  record(id, 'stalled', 'active', attempts, worker, why or 'the worker stopped renewing its lease')
  send(worker, 'stalled', id, fence)
  if stalls >= poison_limit then
    local reason = 'its worker was lost ' .. int(stalls) .. ' times while it ran (poison limit)'
    to_failed(id, 'active', attempts, worker, reason, plain_error('PoisonLimit', reason))
    return 'failed'
  end
  if tonumber(attempts) >= tonumber(max_attempts) then
    local reason = 'its worker was lost and no attempt is left'
    to_failed(id, 'active', attempts, worker, reason, plain_error('WorkerLost', reason))
    return 'failed'
  end
  to_waiting(id, 'active', tonumber(priority), tonumber(available))
  return 'waiting'
end

-- An active job that its worker does not run: back to waiting, at its old place, and the attempt does not count.
local function release(id, attempts, worker, priority, available, why)
  redis.call('HDEL', JOB .. id, 'lostAt')
  redis.call('HSET', JOB .. id, 'attempts', int(math.max(0, tonumber(attempts) - 1)))
  record(id, 'released', 'waiting', attempts, worker, why)
  to_waiting(id, 'active', tonumber(priority), tonumber(available))
end

-- A delayed job whose time has come.
local function promote(id)
  local priority, available, attempts = unpack(redis.call('HMGET', JOB .. id, 'priority', 'availableAt', 'attempts'))
  to_waiting(id, 'delayed', tonumber(priority), tonumber(available))
  record(id, 'due', 'waiting', attempts)
end

-- Removes all that is known of a job that is not running.
local function forget(id, state, why)
  local result, reuse = unpack(redis.call('HMGET', JOB .. id, 'result', 'reuse'))
  forget_for_readers(id, state, result)
  if reuse then
    withdraw_from_reuse(id, reuse)
  end
  redis.call('ZREM', QUEUE, id)
  redis.call('ZREM', INDEX .. state, id)
  redis.call('ZREM', INDEX .. 'all', id)
  redis.call('DEL', JOB .. id, LOG .. id, PAYLOAD .. id, 'arq:result:' .. id)
  redis.call('XADD', EVENTS, 'MAXLEN', '~', MAX_EVENTS, '*', 'jobId', id, 'event', 'removed', 'state', state,
    'at', int(NOW), 'attempt', '0', 'workerId', '', 'detail', why)
end

local function whole_number(value, low, high, default)
  if type(value) == 'number' and value == math.floor(value) and value >= low and value <= high then
    return value
  end
  return default
end

local function text_or_empty(value)
  return type(value) == 'string' and value or ''
end

-- The same rule as shared.job.JOB_ID.
local function plain_id(id)
  return #id <= 128 and string.match(id, '^%w[%w._:~-]*$')
end

-- What an arq client enqueued: its options, or nil and the reason why it can't be taken. A pickle is never
-- decoded: JSON starts with a brace, pickles of protocol 2 and later with the byte 128, older ones with neither.
local function strangers_options(id, raw)
  if not plain_id(id) then
    return nil, 'the job id has characters other than letters, digits and . _ : ~ - or is too long'
  end
  if string.sub(raw, 1, 1) ~= '{' then
    return nil, 'the payload is not JSON (a pickle?): enqueue from an arq pool that uses shared.queue.encode_payload'
  end
  local readable, job = pcall(cjson.decode, raw)
  if not readable or type(job) ~= 'table' then
    return nil, 'the payload is not readable JSON'
  end
  if job.f ~= JOB_NAME then
    return nil, 'the function ' .. string.sub(text_or_empty(job.f), 1, 100) .. ' is not known here, only ' .. JOB_NAME
  end
  local first = type(job.a) == 'table' and job.a[1]
  local options = type(job.k) == 'table' and job.k.reportType and job.k or first
  if type(options) ~= 'table' or type(options.reportType) ~= 'string' then
    return nil, 'reportType is missing'
  end
  return options
end

-- Makes the record of a job that only arq's keys know. Returns its state, or nil when there is nothing to adopt.
-- arq's clients choose ids and may use one again, so the fence starts at the time: above all of an earlier life.
local function adopt(id)
  local raw = redis.call('GET', PAYLOAD .. id)
  if not raw then
    redis.call('ZREM', QUEUE, id)
    return nil
  end
  redis.call('PERSIST', PAYLOAD .. id)
  local options, refusal = strangers_options(id, raw)
  options = options or {}
  -- a time beyond the bands would look like a low priority
  local due = math.min(tonumber(redis.call('ZSCORE', QUEUE, id)) or NOW, BAND - 1)
  local priority = whole_number(options.priority, 0, 9, DEFAULT_PRIORITY)
  redis.call('HSET', JOB .. id, 'state', 'waiting', 'origin', 'arq', 'fence', int(NOW), 'attempts', '0', 'stalls', '0',
    'progress', '0', 'stage', '', 'workerId', '', 'requestId', '', 'createdAt', int(NOW), 'availableAt', int(due),
    'reportType', text_or_empty(options.reportType), 'title', text_or_empty(options.title),
    'tenant', text_or_empty(options.tenant), 'priority', int(priority),
    'maxAttempts', int(whole_number(options.maxAttempts, 1, 100, 3)),
    'timeoutSeconds', int(whole_number(options.timeoutSeconds, 1, 86400, 300)))
  redis.call('ZADD', INDEX .. 'all', NOW, id)
  redis.call('ZADD', INDEX .. 'waiting', due, id)
  record(id, 'adopted', 'waiting', 0, '', 'enqueued by an arq client')
  if refusal then
    to_failed(id, 'waiting', 0, '', refusal, plain_error('Refused', refusal))
    return 'failed'
  end
  if due > NOW then
    move(id, 'waiting', 'delayed', due)
    redis.call('ZADD', QUEUE, due, id)
    return 'delayed'
  end
  redis.call('ZADD', QUEUE, waiting_score(priority, due), id)
  return 'waiting'
end
