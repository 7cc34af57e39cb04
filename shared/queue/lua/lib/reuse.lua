-- Completed jobs whose PDF is the answer to further requests.

local REUSE = 'report:reuse:'

-- The completed job whose PDF is what `reuse` asks for: "<content hash> <seconds>", or '' for nothing. Returns nil when
-- there is none; a key whose job was removed, or is another one by now, counts for nothing.
local function reusable(reuse)
  local hash = string.match(reuse, '^%x+')
  local id = hash and redis.call('GET', REUSE .. hash)
  if id then
    local state, made_for = unpack(redis.call('HMGET', JOB .. id, 'state', 'reuse'))
    return state == 'completed' and string.match(made_for or '', '^%x+') == hash and id or nil
  end
end

-- From now on the completed job is the answer to its content hash, for as many seconds as its field `reuse` says.
local function offer_for_reuse(id, reuse)
  local hash, seconds = string.match(reuse, '^(%x+) (%d+)$')
  if hash then
    redis.call('SET', REUSE .. hash, id, 'EX', seconds)
  end
end

local function withdraw_from_reuse(id, reuse)
  local key = REUSE .. (string.match(reuse, '^%x+') or '')
  if redis.call('GET', key) == id then
    redis.call('DEL', key)
  end
end
