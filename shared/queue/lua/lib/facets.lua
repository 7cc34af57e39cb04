-- For readers only: which jobs there are of a type and of a tenant, in each state.

-- Files the job under its type and its tenant; without `to` it is only taken out. `facts`: {kind, tenant} of the
-- record, for a caller that has read them anyway.
local function refile(id, from, to, facts)
  local kind, tenant
  if facts then
    kind, tenant = facts.kind, facts.tenant
  else
    kind, tenant = unpack(redis.call('HMGET', JOB .. id, 'reportType', 'tenant'))
  end
  local created = to and (facts and facts.created or redis.call('ZSCORE', INDEX .. 'all', id))
  for facet, value in pairs({type = kind or '', tenant = tenant or ''}) do
    if value ~= '' then
      local key = 'report:by:' .. facet .. ':' .. value .. ':'
      if from then
        redis.call('ZREM', key .. from, id)
      end
      if to then
        redis.call('ZADD', key .. to, created, id)
      end
    end
  end
end

-- Called before a record with that result is deleted.
local function forget_for_readers(id, state, result)
  refile(id, state, nil)
  local size = tonumber(string.match(result or '', '"fileSize":%s*(%d+)'))
  if size then
    redis.call('HINCRBY', 'report:totals', 'bytes', -size)
  end
end
