-- Makes waiting jobs many at a time: copies of a waiting job, with all that names it.
-- ARGV  1 the template's id  2 how many  3 the first one's number  4 the sorted sets that hold the template, as JSON
--       5 the keys that end in its id, as JSON
-- Returns the number of jobs made. A copy's id is the template's with its first 12 digits replaced by the number.
local template, count, first = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local sets, scores, keys, values = cjson.decode(ARGV[4]), {}, cjson.decode(ARGV[5]), {}
for n, set in ipairs(sets) do
  scores[n] = tonumber(redis.call('ZSCORE', set, template))
end
for n, key in ipairs(keys) do
  values[n] = redis.call('DUMP', key)
  keys[n] = string.sub(key, 1, #key - #template)
end
for number = first, first + count - 1 do
  local id = string.format('%012d', number) .. string.sub(template, 13)
  for n, set in ipairs(sets) do
    redis.call('ZADD', set, scores[n] + number / 4096, id)
  end
  for n, key in ipairs(keys) do
    redis.call('RESTORE', key .. id, 0, values[n])
  end
end
return count
