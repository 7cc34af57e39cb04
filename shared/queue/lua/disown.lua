-- Hands back what a worker owns and does not know of: the answer to one of its claims was lost.
-- KEYS  1 the queue
-- ARGV  1 worker id  2… a job id and its fence in turn, for each job that the worker does know of
-- Returns the ids of the jobs that wait again.
-- Guarantees: costs no attempt; another worker's jobs stay. Looks at all running jobs, and is called seldom.
--             When jobs wait, another worker is woken: the token of one may have gone to the connection that the
--             claim was lost with.
local worker, known = ARGV[1], {}
for i = 2, #ARGV, 2 do
  known[ARGV[i] .. ' ' .. ARGV[i + 1]] = true
end

local answer = {}
for _, id in ipairs(redis.call('ZRANGE', INDEX .. 'active', 0, -1)) do
  local owner, fence, attempts, priority, available = unpack(redis.call('HMGET', JOB .. id,
    'workerId', 'fence', 'attempts', 'priority', 'availableAt'))
  if owner == worker and not known[id .. ' ' .. (fence or '')] then
    release(id, attempts, worker, priority, available, 'its worker never got the answer to its claim')
    answer[#answer + 1] = id
  end
end
if #answer == 0 and redis.call('ZCARD', INDEX .. 'waiting') > 0 then
  wake(1)
end
return answer
