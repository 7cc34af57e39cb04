-- Jobs that arq's own clients enqueued.

local JOB_NAME = 'generate-report'

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
  local raw = redis.pcall('GET', PAYLOAD .. id)
  if type(raw) ~= 'string' then
    redis.call('ZREM', QUEUE, id)
    return nil
  end
  redis.call('PERSIST', PAYLOAD .. id)
  local options, refusal = strangers_options(id, raw)
  options = options or {}
  -- a time beyond the bands would look like a low priority
  local due = math.min(tonumber(redis.call('ZSCORE', QUEUE, id)) or NOW, BAND - 1)
  local priority = whole_number(options.priority, 0, 9, DEFAULT_PRIORITY)
  redis.call('HSET', JOB .. id, 'state', 'waiting', 'origin', 'arq', 'fence', NOW, 'attempts', '0', 'stalls', '0',
    'progress', '0', 'stage', '', 'workerId', '', 'requestId', '', 'createdAt', NOW, 'availableAt', int(due),
    'reportType', text_or_empty(options.reportType), 'title', text_or_empty(options.title),
    'tenant', text_or_empty(options.tenant), 'priority', int(priority),
    'maxAttempts', int(whole_number(options.maxAttempts, 1, 100, 3)),
    'timeoutSeconds', int(whole_number(options.timeoutSeconds, 1, 86400, 300)))
  redis.call('ZADD', INDEX .. 'all', NOW, id)
  redis.call('ZADD', INDEX .. 'waiting', due, id)
  record(id, 'adopted', 'waiting', 0, '', 'enqueued by an arq client')
  tally('submitted')
  refile(id, nil, 'waiting')
  write_text({text_line(id, 's', text_or_empty(options.title) .. ' ')})
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
