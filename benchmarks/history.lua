-- Makes finished jobs as the queue's own scripts leave them, with times of the past, many in one call: it writes only
-- what is left when a job has ended. Uses the names of `shared/queue/lua/lib/`. A test compares its jobs with
-- jobs that went through the queue.
-- ARGV  1 number of the first job  2 how many in this call  3 how many in all  4 time of the first one in ms
--       5 ms between two  6 JSON {types: [[name, weight]…], tenants: […], words: […]}
local first, count, all = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local began, step = tonumber(ARGV[4]), tonumber(ARGV[5])
local choices = cjson.decode(ARGV[6])
local EVENTS_OF_LAST = 7000
local STEPS = {{'minute:', 60000, MINUTES_KEPT_SECONDS}, unpack(LONGER_STEPS)}
math.randomseed(first + 1)

local function one_of(list)
  return list[math.random(#list)]
end

-- As many hexadecimal digits by chance, up to 64.
local random, format = math.random, string.format
local function digits(count)
  local parts = {}
  for i = 1, count / 8 do
    parts[i] = format('%08x', random() * 4294967295)
  end
  return table.concat(parts)
end

local types = {}
for _, pair in ipairs(choices.types) do
  for _ = 1, pair[2] do
    types[#types + 1] = pair[1]
  end
end

-- ---- What is gathered for the end of the call. ----

local zsets, buckets, bytes = {}, {}, 0

local function file(key, score, id)
  local list = zsets[key] or {}
  zsets[key] = list
  list[#list + 1] = score
  list[#list + 1] = id
end

local function count_at(moment, ...)
  local amounts = {...}
  for _, kind in ipairs(STEPS) do
    if moment > NOW - kind[3] * 1000 then
      local key = HISTORY .. kind[1] .. int(moment - moment % kind[2])
      local bucket = buckets[key] or {expiry = kind[3]}
      buckets[key] = bucket
      for i = 1, #amounts, 2 do
        bucket[amounts[i]] = (bucket[amounts[i]] or 0) + amounts[i + 1]
      end
    end
  end
end

local chunk = tonumber(redis.call('HGET', TEXT_HEAD, 'chunk')) or 0
local lines = tonumber(redis.call('HGET', TEXT_HEAD, 'lines')) or MAX_TEXT_LINES
local texts = {}

local function write(moment, id, kind, text)
  if lines >= MAX_TEXT_LINES then
    redis.call('APPEND', 'report:text:' .. chunk, table.concat(texts))
    chunk, lines, texts = chunk + 1, 0, {}
    redis.call('ZADD', TEXT, exact(moment), chunk)
  end
  lines = lines + 1
  texts[#texts + 1] = id .. '\31' .. kind .. '\31' .. text .. '\n'
end

local function log_line(moment, event, worker, detail)
  return '[' .. int(moment) .. ',"' .. event .. '",' .. (event == 'submitted' and 0 or 1) .. ',"' .. worker .. '","'
    .. detail .. '"]'
end

local function tell(id, moment, event, state, worker, detail)
  redis.call('XADD', EVENTS, 'MAXLEN', '~', MAX_EVENTS, '*', 'jobId', id, 'event', event, 'state', state,
    'at', int(moment), 'attempt', event == 'submitted' and '0' or '1', 'workerId', worker, 'detail', detail)
end

-- ---- One job. ----

local function result_of(id, kind, size, pages)
  return '{"success":true,"reportUrl":"/uploads/' .. kind .. '-' .. id .. '-f1.pdf","fileName":"' .. kind .. '-' .. id
    .. '-f1.pdf","fileSize":' .. size .. ',"pages":' .. pages .. ',"sha256":"' .. digits(64)
    .. '","rowsReceived":40,"rowsRendered":40,"warnings":[],"renderMs":' .. string.format('%.1f', 3 + math.random() * 897)
    .. ',"peakRssMb":71.5}'
end

local function end_of(id, state, kind, claimed, ended)
  if state == 'failed' then
    local reason = 'data.rows.' .. math.random(0, 899) .. '.price: must be a number'
    write(ended, id, 'f', reason)
    count_at(ended, 'failed', 1)
    return reason, {'failedReason', reason, 'error', plain_error('ValidationFailed', reason)}
  elseif state == 'cancelled' then
    count_at(ended, 'cancelled', 1)
    return '', {}
  end
  local size, pages, total = math.random(8000, 400000), math.random(1, 39), ended - claimed.since
  bytes = bytes + size
  count_at(ended, 'completed', 1, 'totalMs', total, 'runMs', ended - claimed.at, 'pages', pages, 'bytes', size,
    't' .. int(math.floor(2 * math.log(math.max(1, total)) / math.log(2))), 1)
  return '', {'result', result_of(id, kind, size, pages)}
end

local function put(number)
  local id, kind, tenant, worker = digits(32), one_of(types), one_of(choices.tenants), 'worker-' .. math.random(4)
    .. '-a1b2c3'
  local chance = math.random()
  local state = chance < 0.96 and 'completed' or chance < 0.99 and 'failed' or 'cancelled'
  local title = {}
  for i = 1, 4 do
    title[i] = one_of(choices.words)
  end
  title = table.concat(title, ' ')
  local created = began + number * step
  local claimed = created + math.random(1, 3999)
  local ended = claimed + math.random(5, 1499)
  redis.call('SET', PAYLOAD .. id, '{"t":null,"f":"generate-report","a":[],"k":{"reportType":"' .. kind
    .. '","data":{"period":"2026-03","revenue":1250000},"title":"' .. title .. '"},"et":' .. int(created) .. '}')
  write(created, id, 's', title .. ' 2026-03 1250000')
  count_at(created, 'submitted', 1)
  local detail, last = end_of(id, state, kind, {since = created, at = claimed}, ended)
  local done = state == 'completed'
  redis.call('HSET', JOB .. id, 'state', state, 'fence', '1', 'attempts', '1',
    'progress', done and '100' or '0', 'stage', done and 'done' or 'starting', 'workerId', worker, 'ahead', '',
    'createdAt', int(created), 'availableAt', exact(created), 'priority', '5', 'reportType', kind, 'title', title,
    'tenant', tenant, 'maxAttempts', '3', 'timeoutSeconds', '300.0', 'requestId', digits(32),
    'startedAt', int(claimed), 'finishedAt', int(ended), unpack(last))
  redis.call('RPUSH', LOG .. id, log_line(created, 'submitted', '', ''), log_line(claimed, 'claimed', worker, ''),
    log_line(ended, state, worker, detail))
  if number >= all - EVENTS_OF_LAST then
    tell(id, created, 'submitted', 'waiting', '', '')
    tell(id, claimed, 'claimed', 'active', worker, '')
    tell(id, ended, state, state, worker, detail)
  end
  file(INDEX .. 'all', exact(created), id)
  file(INDEX .. state, int(ended), id)
  file('report:by:type:' .. kind .. ':' .. state, exact(created), id)
  file('report:by:tenant:' .. tenant .. ':' .. state, exact(created), id)
end

for number = first, first + count - 1 do
  put(number)
end

-- ---- The end of the call. ----

for key, list in pairs(zsets) do
  for from = 1, #list, 4000 do
    redis.call('ZADD', key, unpack(list, from, math.min(from + 3999, #list)))
  end
end
for key, bucket in pairs(buckets) do
  for name, amount in pairs(bucket) do
    if name ~= 'expiry' then
      redis.call('HINCRBY', key, name, int(amount))
    end
  end
  redis.call('EXPIRE', key, bucket.expiry)
end
redis.call('APPEND', 'report:text:' .. chunk, table.concat(texts))
redis.call('HSET', TEXT_HEAD, 'chunk', chunk, 'lines', lines)
redis.call('HINCRBY', 'report:totals', 'bytes', int(bytes))
return count
