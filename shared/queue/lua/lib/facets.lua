-- For readers only: which jobs there are of a type and of a tenant, in each state.

-- The beginnings of the keys that jobs of a type and a tenant are filed under, each a list of its own; a value that is
-- not there has none.
local function facets_of(kind, tenant)
  local of_kind = kind and kind ~= '' and 'report:by:type:' .. kind .. ':' or nil
  local of_tenant = tenant and tenant ~= '' and 'report:by:tenant:' .. tenant .. ':' or nil
  return of_kind and {of_kind, of_tenant} or {of_tenant}
end

-- Files the job under its type and its tenant; without `to` it is only taken out. `facts`: {type, tenant, created} of
-- the record, for a caller that knows them anyway; the last may be left out.
local function refile(id, from, to, facts)
  facts = facts or redis.call('HMGET', JOB .. id, 'reportType', 'tenant')
  local created = to and (facts[3] or redis.call('ZSCORE', INDEX .. 'all', id))
  for _, key in ipairs(facets_of(facts[1], facts[2])) do
    if from then
      redis.call('ZREM', key .. from, id)
    end
    if to then
      redis.call('ZADD', key .. to, created, id)
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
