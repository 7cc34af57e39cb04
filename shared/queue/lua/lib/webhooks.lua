-- The outbox of messages about ended jobs.

local WEBHOOKS, WEBHOOK = 'report:webhooks', 'report:webhook:'

-- Puts a message about a job's end into the outbox, as a whole: the job may be retried or removed before it is sent.
-- `webhook` = JSON {url, secret}, of the job or of a request that is answered with it.
local function tell_webhook(id, event, webhook)
  local message = id .. '-' .. int(redis.call('HINCRBY', JOB .. id, 'webhooks', 1))
  local key, said = WEBHOOK .. message, {'reportType', 'title', 'tenant', 'attempts', 'result', 'failedReason', 'error'}
  local values = redis.call('HMGET', JOB .. id, unpack(said))
  redis.call('HSET', key, 'jobId', id, 'event', event, 'at', NOW, 'webhook', webhook, 'tries', '0')
  for i, name in ipairs(said) do
    redis.call('HSET', key, name, values[i] or name == 'attempts' and '0' or '')
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
