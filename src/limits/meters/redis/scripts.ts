// Scripts that Redis runs whole: each is atomic beside every other replica's. What their arguments are stands in commands.ts.
//
// Numbers: what is spent is kept by INCRBY in 64-bit integers and never passes through Lua. Only comparisons do, in doubles:
// exact to 2^53, which as billionths of a dollar is nine million dollars in one period; beyond it, to one part in 2^53.
import { redisScript } from '../../../store/redis/redis-script.ts';
import { SECONDS } from '../sliding-minute.ts';

/** Sums of what is held outlive any request. */
const HELD_MS = 86_400_000;
/** How long a replica may be cut off and still have what it could not write counted once. */
const NUMBERS_MS = 7 * 86_400_000;

/** Redis' own clock, so that those of the replicas do not matter; windows may go by a test's. */
const CLOCK = `
local time = redis.call('TIME')
local real = time[1] * 1000 + math.floor(time[2] / 1000)
local t = tonumber(ARGV[1]) or real
`;

const OWNERS = `
local leases = {}
local function lives(owner)
  local known = leases[owner]
  if known == nil then
    local till = redis.call('ZSCORE', KEYS[1], owner)
    known = till ~= false and tonumber(till) > real
    leases[owner] = known
  end
  return known
end
local function held(key)
  local sum, all = 0, redis.call('HGETALL', key)
  for n = 1, #all, 2 do
    if lives(all[n]) then
      sum = sum + tonumber(all[n + 1])
    else
      redis.call('HDEL', key, all[n])
    end
  end
  return sum
end
`;

/** All meters of a request, all or nothing; with 'read' only looked at. */
const HOLD = `${CLOCK}${OWNERS}
local owner, reading = ARGV[2], ARGV[3] == 'read'
if not reading and not lives(owner) then return {'gone', t} end
local second = math.floor(t / 1000)
local function window(key)
  local all, sum, old, kept = redis.call('HGETALL', key), 0, {}, {}
  for n = 1, #all, 2 do
    if tonumber(all[n]) <= second - ${SECONDS} then
      old[#old + 1] = all[n]
    else
      sum = sum + tonumber(all[n + 1])
      kept[#kept + 1] = all[n]
      kept[#kept + 1] = all[n + 1]
    end
  end
  if #old > 0 then redis.call('HDEL', key, unpack(old)) end
  return sum, kept
end
local found, refused = {}, false
local kinds = {}
for n = 1, (#ARGV - 3) / 2 do
  local kind, limit, from, to = string.match(ARGV[2 + 2 * n], '(%S+) (%S+) (%S+) (%S+)')
  limit, from, to = tonumber(limit), tonumber(from), tonumber(to)
  local free = ARGV[3 + 2 * n] == 'free'
  local ask = free and 0 or tonumber(ARGV[3 + 2 * n])
  kinds[n] = kind
  local used, sum, hold, buckets = '0', 0, 0, {}
  if kind == 'budget' then
    if t < from or t >= to then return {'period', t} end
    used = redis.call('GET', KEYS[2 * n]) or '0'
    sum = tonumber(used)
  elseif kind ~= 'concurrent' then
    sum, buckets = window(KEYS[2 * n])
    used = string.format('%.0f', sum)
  end
  if kind ~= 'requests' then hold = held(KEYS[2 * n + 1]) end
  local fits = reading or free or sum + hold + ask <= limit
  if not fits then refused = true end
  -- Who is full is told when its buckets will be empty; else the newest will do.
  if sum + hold + ask < limit and #buckets > 0 then
    local newest = 1
    for b = 3, #buckets, 2 do
      if tonumber(buckets[b]) > tonumber(buckets[newest]) then newest = b end
    end
    buckets = {buckets[newest], '0'}
  end
  found[n] = table.concat({fits and 1 or 0, used, string.format('%.0f', hold), unpack(buckets)}, ' ')
end
if reading then return {'read', t, found} end
if refused then return {'refused', t, found} end
for n = 1, #found do
  local kind, ask = kinds[n], ARGV[3 + 2 * n]
  if ask ~= '0' and ask ~= 'free' then
    if kind == 'requests' then
      redis.call('HINCRBY', KEYS[2 * n], second, ask)
      redis.call('PEXPIRE', KEYS[2 * n], ${(SECONDS + 1) * 1000})
    else
      redis.call('HINCRBY', KEYS[2 * n + 1], owner, ask)
      redis.call('PEXPIRE', KEYS[2 * n + 1], ${HELD_MS})
    end
  end
end
return {'held', t, found}
`;

/** What was taken, and what is held no more; by its number, so that what is written twice counts once. */
const SETTLE = `${CLOCK}
local owner, number = ARGV[2], tonumber(ARGV[3])
local last = redis.call('HGET', KEYS[1], 'batch')
if last and tonumber(last) >= number then return {'again', t} end
redis.call('HSET', KEYS[1], 'batch', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ${NUMBERS_MS})
local second, totals = math.floor(t / 1000), {}
for n = 2, #KEYS do
  local at = 3 + (n - 2) * 3
  local what, amount, when = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  if what == 'spend' then
    totals[#totals + 1] = string.format('%.0f', redis.call('INCRBY', KEYS[n], amount))
    if when ~= '' then redis.call('PEXPIRE', KEYS[n], when) end
  elseif what == 'count' then
    local bucket = math.min(tonumber(when), second)
    if bucket > second - ${SECONDS} then
      redis.call('HINCRBY', KEYS[n], bucket, amount)
      redis.call('PEXPIRE', KEYS[n], ${(SECONDS + 1) * 1000})
    end
  elseif redis.call('HEXISTS', KEYS[n], owner) == 1 then
    if redis.call('HINCRBY', KEYS[n], owner, '-' .. amount) <= 0 then
      redis.call('HDEL', KEYS[n], owner)
    end
  end
end
return {'settled', t, totals}
`;

/**
 * A replica comes, or comes back: under a new name, with all that its requests under way hold. An owner that does not renew
 * its lease is dead, and what it holds is room again.
 */
const JOIN = `${CLOCK}
local old, owner, number, lease = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local last = redis.call('HGET', KEYS[2], 'join')
if last and tonumber(last) >= number then return {'again', t} end
redis.call('HSET', KEYS[2], 'join', ARGV[4])
redis.call('PEXPIRE', KEYS[2], ${NUMBERS_MS})
redis.call('ZREM', KEYS[1], old)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', real)
for n = 3, #KEYS do
  redis.call('HDEL', KEYS[n], old)
  redis.call('HSET', KEYS[n], owner, ARGV[n + 3])
  redis.call('PEXPIRE', KEYS[n], ${HELD_MS})
end
redis.call('ZADD', KEYS[1], real + lease, owner)
redis.call('PEXPIRE', KEYS[1], ${HELD_MS})
return {'joined', t}
`;

const RENEW = `${CLOCK}
local till = redis.call('ZSCORE', KEYS[1], ARGV[2])
if till == false or tonumber(till) <= real then return {'gone', t} end
redis.call('ZADD', KEYS[1], real + tonumber(ARGV[3]), ARGV[2])
redis.call('PEXPIRE', KEYS[1], ${HELD_MS})
return {'renewed', t}
`;

const LEAVE = `
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2])
return {'left'}
`;

export const REDIS_SCRIPTS = {
  hold: redisScript(HOLD),
  settle: redisScript(SETTLE),
  join: redisScript(JOIN),
  renew: redisScript(RENEW),
  leave: redisScript(LEAVE),
} as const;
