-- The schedulers' leadership, and whether leases may be judged now.

local LEADER, PULSE, REPRIEVE = 'report:scheduler', 'report:pulse', 'report:reprieve'

-- Takes or renews the leadership among schedulers. Returns the token to name next time, or nil when another leads:
-- then nothing may be done. A leader that slept through its time has lost it as soon as another one came. One that was
-- there before the clock was set back leads no longer than usual, though Redis would keep its word until then.
local function lead(id, token, leadership_ms)
  local held = redis.call('GET', LEADER)
  local readable, leader = pcall(cjson.decode, held or '{}')
  if not readable then
    return nil
  end
  if not held or (tonumber(leader.timestamp) or 0) > NOW + tonumber(leadership_ms) then
    token = redis.call('INCR', LEADER .. ':token')
  elseif leader.token ~= tonumber(token) or leader.id ~= id then
    return nil
  end
  redis.call('SET', LEADER, cjson.encode({id = id, token = tonumber(token), timestamp = NOW}), 'PX', leadership_ms)
  return tonumber(token)
end

-- Notes that the queue is looked after. When that was not so for a while (Redis was down or frozen, or its clock
-- jumped), nobody could renew a lease: then none is judged for the time of one lease from now.
local function pulse(longest_gap, lease_ms)
  local last = tonumber(redis.call('GET', PULSE))
  if last and NOW - last > longest_gap then
    redis.call('SET', REPRIEVE, NOW + lease_ms, 'PX', lease_ms)
  end
  redis.call('SET', PULSE, NOW)
end

-- Sets the end of a running job's lease.
local function set_lease(id, ends)
  redis.call('ZADD', QUEUE, ends, id)
  redis.call('ZADD', INDEX .. 'active', ends, id)
end

-- Prolongs a lease that ended while nobody could renew it. Returns whether it did.
local function reprieve(id)
  local ends = tonumber(redis.call('GET', REPRIEVE))
  if not ends or ends <= NOW then
    return false
  end
  set_lease(id, ends)
  return true
end
