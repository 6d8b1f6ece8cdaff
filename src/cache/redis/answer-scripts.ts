// Scripts that Redis runs whole, for drops: which answers must not be given any more, by whomever they were kept.
//
// The number of a drop is Redis' time in microseconds, or one more than the last: it goes up even where Redis lost all it had.
// Lua writes such numbers as 1.8e+15, so they pass through as text, or through %.0f.
import { redisScript } from '../../store/redis/redis-script.ts';

/** So many drops are remembered; who missed more drops all it has. */
const DROPS = 1000;
/** Keys that one look-through passes at a time, which nothing else runs beside. */
const SWEPT_AT_ONCE = 500;

/** What is looked at of a value: packed-answer.ts. */
const HEAD_CHARS = 200;

/** Beyond as many as are remembered the oldest are forgotten, and what was kept before them is not given. */
const TRIM = `
local excess = redis.call('ZCARD', KEYS[3]) - ${DROPS}
if excess > 0 then
  local gone = redis.call('ZRANGE', KEYS[3], excess - 1, excess - 1, 'WITHSCORES')
  redis.call('SET', KEYS[2], string.format('%.0f', tonumber(gone[2])))
  redis.call('ZREMRANGEBYRANK', KEYS[3], 0, excess - 1)
end
`;

/**
 * KEYS: the number, the lowest that is complete, the drops, a place to try writing. ARGV: the last number that is known.
 * Answers the number now, from which on all drops are remembered, those after the one that is known, and 1 where that one was
 * lost: Redis went back to a time before it.
 */
const SYNC = `
redis.call('SET', KEYS[4], '1', 'PX', 1000)
local gen = redis.call('GET', KEYS[1])
local floor = redis.call('GET', KEYS[2])
if not gen or not floor then
  local time = redis.call('TIME')
  gen = string.format('%s%06d', time[1], time[2])
  floor = gen
  redis.call('SET', KEYS[1], gen)
  redis.call('SET', KEYS[2], gen)
  redis.call('DEL', KEYS[3])
end
local known = tonumber(ARGV[1])
local isLost = known > tonumber(gen)
  or known > tonumber(floor) and redis.call('ZCOUNT', KEYS[3], ARGV[1], ARGV[1]) == 0
local drops = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. ARGV[1], '+inf')
return {gen, floor, drops, isLost and 1 or 0}
`;

/** KEYS: as above. ARGV: the filter as JSON, the key of the one answer that is meant or ''. Answers the drop's number. */
const DROP = `
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
local time = redis.call('TIME')
local gen = math.max(tonumber(time[1]) * 1000000 + tonumber(time[2]), last + 1)
local text = string.format('%.0f', gen)
redis.call('SET', KEYS[1], text)
if not redis.call('GET', KEYS[2]) then redis.call('SET', KEYS[2], text) end
redis.call('ZADD', KEYS[3], text, '["' .. text .. '",' .. ARGV[1] .. ',"' .. ARGV[2] .. '"]')
${TRIM}
return text
`;

/**
 * KEYS: as above. ARGV: the last number that is known, from which on all drops are, and those drops. Answers whether anything of it
 * was news, and the drops that were. One that is lower than the number already is dropped once more above it: who came
 * meanwhile has the number, and would not look below.
 */
const RESTORE = `
local was = tonumber(redis.call('GET', KEYS[1]) or '0')
local floor = tonumber(redis.call('GET', KEYS[2]) or '0')
if was == 0 or floor == 0 then return {0, {}} end
local gen = math.max(was, tonumber(ARGV[1]))
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
if tonumber(ARGV[2]) > floor then
  floor = tonumber(ARGV[2])
  redis.call('SET', KEYS[2], ARGV[2])
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', ARGV[2])
end
local news = {}
for n = 3, #ARGV do
  local number, rest = string.match(ARGV[n], '^%["(%d+)"(.*)$')
  if tonumber(number) > floor and redis.call('ZCOUNT', KEYS[3], number, number) == 0 then
    redis.call('ZADD', KEYS[3], number, ARGV[n])
    news[#news + 1] = ARGV[n]
    if tonumber(number) <= was then
      gen = math.max(now, gen + 1)
      local text = string.format('%.0f', gen)
      redis.call('ZADD', KEYS[3], text, '["' .. text .. '"' .. rest)
    end
  end
end
redis.call('SET', KEYS[1], string.format('%.0f', gen))
${TRIM}
return {gen > was and 1 or 0, news}
`;

/**
 * ARGV: where to go on, what the keys look like, the drop's number, and the marks of tenant, user, namespace and model, '' for
 * any. Answers where the next goes on, '0' at the end, and how many went.
 */
const SWEEP = `
local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ${SWEPT_AT_ONCE})
local before = tonumber(ARGV[3])
local gone = 0
for _, key in ipairs(page[2]) do
  local head = redis.call('GETRANGE', key, 0, ${HEAD_CHARS})
  local words = {}
  for word in string.gmatch(string.match(head, '^[^\\n]*'), '%S+') do words[#words + 1] = word end
  local matches = (tonumber(words[2]) or 0) < before
  for n = 4, 7 do
    if ARGV[n] ~= '' and words[n - 1] ~= ARGV[n] then matches = false end
  end
  if matches then
    redis.call('UNLINK', key)
    gone = gone + 1
  end
end
return {page[1], gone}
`;

export const ANSWER_SCRIPTS = {
  sync: redisScript(SYNC),
  drop: redisScript(DROP),
  restore: redisScript(RESTORE),
  sweep: redisScript(SWEEP),
} as const;
