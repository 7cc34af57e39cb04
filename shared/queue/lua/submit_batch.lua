-- Takes many jobs in, all or none. Those that are done already are named instead.
-- KEYS  1 the queue
-- ARGV  1 idempotency key of the whole batch or ''  2 hash of its body  3 seconds the key is remembered
--       4… for each job: id, payload, delay in ms, run-at in epoch ms or '', priority, reuse as in submit.lua, number
--       of the values that follow: as from the 10th on in submit.lua
-- Returns {'created' or 'existing', id, state, id, state, …} in the order of the jobs; {'conflict', first id} for
--         the same key and another body. An existing job that was removed since has the state ''. After 'created'
--         another id than the one that was sent is that of a completed job with the same content hash.
-- Guarantees: after 'created' every job is in the queue or completed, otherwise nothing was changed. Jobs of one
--             priority are claimed in the order of their ids. One key makes one batch as long as any job of it is
--             known.
local idem_key, body_hash = ARGV[1], ARGV[2]

local function answer_of(status, ids)
  local answer, known = {status}, false
  for _, id in ipairs(ids) do
    local state = redis.call('HGET', JOB .. id, 'state')
    known = known or state
    answer[#answer + 1] = id
    answer[#answer + 1] = state or ''
  end
  return answer, known
end

if idem_key ~= '' then
  local raw = redis.call('GET', 'report:idem-batch:' .. idem_key)
  if raw then
    local batch = cjson.decode(raw)
    local answer, known = answer_of('existing', batch.ids)
    if known and batch.hash ~= body_hash then
      return {'conflict', batch.ids[1]}
    elseif known then
      return answer
    end
  end
end

local jobs, ids, own, records = {}, {}, {}, {}
local at = 4
while at <= #ARGV do
  jobs[#jobs + 1] = at
  own[#jobs] = ARGV[at]
  records[#jobs] = JOB .. ARGV[at]
  ids[#jobs] = reusable(ARGV[at + 5]) or ARGV[at]
  at = at + 7 + tonumber(ARGV[at + 6])
end
-- the same call again after its reply was lost
if redis.call('EXISTS', unpack(records)) > 0 then
  for number, id in ipairs(own) do
    if redis.call('EXISTS', JOB .. id) == 1 then
      ids[number] = id
    end
  end
  return (answer_of('existing', ids))
end

for number, first in ipairs(jobs) do
  local last = first + 6 + tonumber(ARGV[first + 6])
  if ids[number] == own[number] then
    create(NOW_EXACT, ARGV[first], ARGV[first + 1], ARGV[first + 2], ARGV[first + 3], ARGV[first + 4],
      unpack(ARGV, first + 7, last))
  else
    local webhook = webhook_in({unpack(ARGV, first + 11, last)})
    if webhook then
      tell_webhook(ids[number], 'completed', webhook)
    end
  end
end
if idem_key ~= '' then
  redis.call('SET', 'report:idem-batch:' .. idem_key, cjson.encode({hash = body_hash, ids = ids}), 'EX', ARGV[3])
end
list_created()
return (answer_of('created', ids))
