-- Takes many jobs in, all or none.
-- KEYS  1 the queue
-- ARGV  1 idempotency key of the whole batch or ''  2 hash of its body  3 seconds the key is remembered
--       4… for each job: id, payload, delay in ms, run-at in epoch ms or '', priority, number of the values that
--       follow, further record fields as name and value in turn
-- Returns {'created' or 'existing', id, state, id, state, …} in the order of the jobs; {'conflict', first id} for
--         the same key and another body. An existing job that was removed since has the state ''.
-- Guarantees: after 'created' every job is in the queue, otherwise nothing was changed. Jobs of one priority
--             are claimed in the order of their ids. One key makes one batch as long as any job of it is known.
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

local jobs, ids = {}, {}
local at = 4
while at <= #ARGV do
  local count = tonumber(ARGV[at + 5])
  jobs[#jobs + 1] = at
  ids[#ids + 1] = ARGV[at]
  at = at + 6 + count
end
-- the same call again after its reply was lost
if redis.call('EXISTS', JOB .. ids[1]) == 1 then
  return (answer_of('existing', ids))
end

for _, first in ipairs(jobs) do
  local last = first + 5 + tonumber(ARGV[first + 5])
  create(ARGV[first], ARGV[first + 1], ARGV[first + 2], ARGV[first + 3], ARGV[first + 4],
    {unpack(ARGV, first + 6, last)})
end
if idem_key ~= '' then
  redis.call('SET', 'report:idem-batch:' .. idem_key, cjson.encode({hash = body_hash, ids = ids}), 'EX', ARGV[3])
end
wake(#ids)
return (answer_of('created', ids))
