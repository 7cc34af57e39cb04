-- Takes jobs in, each all or nothing: record, payload, place in the queue. Or finds that one is done already.
-- KEYS  1 the queue
-- ARGV  for each job: how many arguments follow, then
--       1 job id  2 payload  3 delay in ms  4 run-at in epoch ms or ''  5 priority  6 idempotency key or ''
--       7 body hash  8 seconds the idempotency key is remembered  9 '', or "<content hash> <seconds>": a completed
--       job with that hash will do, else this job is offered for so long once it has completed
--       10 report type  11 tenant or ''  12 '1' for a large job or ''  13 what a search looks through
--       14… further record fields, name and value in turn: these four too, as far as a record has them
-- Returns for each job, in order: 'created <id> <state>', 'existing <id> <state>' for the same key and body (or the
--         same id sent twice), 'reused <id> completed' for another job with the same content hash, 'conflict <id> '
--         for the same key and another body, or 'error <text>' when its keys have contents of another kind.
-- Guarantees: one idempotency key makes one job as long as that is known (not removed); after 'created' the job is
--             in the queue. 'reused' names a job that is completed and known, and nothing but the key is written;
--             the key stands for that job from then on. An error of one job changes nothing for the others.

-- Later jobs of a call stand behind earlier ones: a microsecond each, which is less than it takes to make one.
local now = NOW_EXACT

local function submit(id, payload, delay, run_at, priority, idem_key, body_hash, idem_seconds, reuse, ...)
  local function remember(job_id)
    if idem_key ~= '' then
      redis.call('SET', 'report:idem:' .. idem_key, job_id .. ' ' .. body_hash, 'EX', idem_seconds)
    end
  end

  local known = idem_key ~= '' and redis.call('GET', 'report:idem:' .. idem_key)
  if known then
    local known_id, known_hash = string.match(known, '^(%S+) (.*)$')
    local known_state = redis.call('HGET', JOB .. known_id, 'state')
    if known_state and known_hash ~= body_hash then
      return 'conflict ' .. known_id .. ' '
    elseif known_state then
      return 'existing ' .. known_id .. ' ' .. known_state
    end
  end
  if redis.call('EXISTS', JOB .. id) == 1 then
    return 'existing ' .. id .. ' ' .. redis.call('HGET', JOB .. id, 'state')
  end
  local done = reusable(reuse)
  if done then
    remember(done)
    local webhook = webhook_in({select(5, ...)})
    if webhook then
      tell_webhook(done, 'completed', webhook)
    end
    return 'reused ' .. done .. ' completed'
  end
  local state = create(now, id, payload, delay, run_at, priority, ...)
  now = now + 0.001
  remember(id)
  return 'created ' .. id .. ' ' .. state
end

local answers = for_each_call(submit)
list_created()
return answers
