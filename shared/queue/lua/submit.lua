-- Takes a job in: record, payload, place in the queue, all or nothing. Or finds that it is done already.
-- KEYS  1 the queue
-- ARGV  1 job id  2 payload  3 delay in ms  4 run-at in epoch ms or ''  5 priority  6 idempotency key or ''
--       7 body hash  8 seconds the idempotency key is remembered  9 '', or "<content hash> <seconds>": a completed
--       job with that hash will do, else this job is offered for so long once it has completed
--       10 report type  11 tenant or ''  12 '1' for a large job or ''  13 what a search looks through
--       14… further record fields, name and value in turn: these four too, as far as a record has them
-- Returns {'created', id, state}, {'existing', id, state} for the same key and body (or the same id sent twice),
--         {'reused', id, 'completed'} for another job with the same content hash, {'conflict', id, ''} for the same
--         key and another body.
-- Guarantees: one idempotency key makes one job as long as that is known (not removed); after 'created' the job is
--             in the queue. 'reused' names a job that is completed and known, and nothing but the key is written;
--             the key stands for that job from then on.
local id, payload, idem_key, body_hash, reuse = ARGV[1], ARGV[2], ARGV[6], ARGV[7], ARGV[9]

local function remember(job_id)
  if idem_key ~= '' then
    redis.call('SET', 'report:idem:' .. idem_key, job_id .. ' ' .. body_hash, 'EX', ARGV[8])
  end
end

if idem_key ~= '' then
  local known = redis.call('GET', 'report:idem:' .. idem_key)
  if known then
    local known_id, known_hash = string.match(known, '^(%S+) (.*)$')
    local known_state = redis.call('HGET', JOB .. known_id, 'state')
    if known_state and known_hash ~= body_hash then
      return {'conflict', known_id, ''}
    elseif known_state then
      return {'existing', known_id, known_state}
    end
  end
end
if redis.call('EXISTS', JOB .. id) == 1 then
  return {'existing', id, redis.call('HGET', JOB .. id, 'state')}
end

local done = reusable(reuse)
if done then
  remember(done)
  local webhook = webhook_in({unpack(ARGV, 14)})
  if webhook then
    tell_webhook(done, 'completed', webhook)
  end
  return {'reused', done, 'completed'}
end
local state = create(id, payload, ARGV[3], ARGV[4], ARGV[5], unpack(ARGV, 10))
remember(id)
wake(1)
return {'created', id, state}
