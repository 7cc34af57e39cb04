-- What several jobs of one call have in common, written at once: each command costs, whatever it does.

-- Most values of one command: Lua has room for some 8000 on its stack.
local MAX_VALUES = 4000

-- What `add_later` noted, by key.
local additions = {}

local function add_later(key, score, id)
  local list = additions[key] or {}
  local size = #list
  additions[key], list[size + 1], list[size + 2] = list, score, id
end

local function add_all()
  for key, list in pairs(additions) do
    for from = 1, #list, MAX_VALUES do
      redis.call('ZADD', key, unpack(list, from, math.min(from + MAX_VALUES - 1, #list)))
    end
  end
end

-- Files jobs under their types and tenants as `refile` does one. `created`: when, of each.
local function refile_all(jobs, created, from, to)
  local filed = {}
  for i = 1, #jobs do
    local id, keys = jobs[i][1], facets_of(jobs[i][2], jobs[i][3])
    for k = 1, #keys do
      local there = filed[keys[k]] or {{}, {}}
      local size = #there[1]
      filed[keys[k]], there[1][size + 1] = there, id
      there[2][2 * size + 1], there[2][2 * size + 2] = created[i] or NOW, id
    end
  end
  for key, there in pairs(filed) do
    redis.call('ZREM', key .. from, unpack(there[1]))
    redis.call('ZADD', key .. to, unpack(there[2]))
  end
end

-- Does with the indexes for many jobs what `move` does for one. `jobs`: {id, type, tenant} each. Returns the ids, and
-- the scores with the ids as ZADD takes them.
local function move_all(jobs, from, to, score)
  local ids, scored = {}, {}
  for i = 1, #jobs do
    local id = jobs[i][1]
    ids[i], scored[2 * i - 1], scored[2 * i] = id, score, id
  end
  refile_all(jobs, redis.call('ZMSCORE', INDEX .. 'all', unpack(ids)), from, to)
  redis.call('ZREM', INDEX .. from, unpack(ids))
  redis.call('ZADD', INDEX .. to, unpack(scored))
  return ids, scored
end

-- Runs a function for each call that ARGV holds: how many arguments it has, then those. Returns what it returned each
-- time, or 'error <text>' when it raised an error, which the other calls have nothing to do with.
local function for_each_call(run)
  local answers, at = {}, 1
  while at <= #ARGV do
    local last = at + tonumber(ARGV[at])
    local done, answer = pcall(run, unpack(ARGV, at + 1, last))
    if not done then
      answer = 'error ' .. (type(answer) == 'table' and answer.err or tostring(answer))
    end
    answers[#answers + 1], at = answer, last + 1
  end
  return answers
end
