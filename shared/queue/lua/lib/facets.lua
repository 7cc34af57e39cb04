-- For readers only: which jobs there are of a type and of a tenant, in each state.

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
