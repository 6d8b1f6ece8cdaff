// What replicas say to each other of prompts, by way of a stream in Redis, and the scripts by which it is said and unsaid.
//
// A drop is a word in the stream like others, and takes what it means out of the stream. The newest drop is known by its id: who
// has not heard of it may not add, so nothing that was dropped comes back, however late its writer was.
import { redisScript } from '../../store/redis/redis-script.ts';
import type { Marks } from '../owner-marks.ts';

/** In braces: of a cluster, one node has all of the cache's. */
export const STREAM = 'switchyard:{cache}:meanings';
/** The id of the last drop. */
export const DROPPED = 'switchyard:{cache}:meanings:dropped';
export const KEYS = [STREAM, DROPPED];
/** Where it is tried whether a server may be written to. */
export const PROBE = 'switchyard:{cache}:meanings:probe';

const LASTS = `
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
`;

/**
 * Of an entry `m` is what is said, `w` whose it is, in words with spaces between, '' for nobody's.
 * ARGV: how many the stream may hold, how long the last added lasts, the last drop that is known, then words and whose they are.
 * Answers 1, or 0 and the last drop there is: it was not known, and nothing is added. The stream is gone when all of it is over.
 */
const ADD = `
local dropped = redis.call('GET', KEYS[2]) or ''
if dropped ~= ARGV[3] then return {0, dropped} end
for n = 4, #ARGV, 2 do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'm', ARGV[n], 'w', ARGV[n + 1])
end
${LASTS}
return {1, dropped}
`;

/** ARGV: as above, without the drop that is known. Of its entry `p` is the drop before it. Answers its id. */
const DROP = `
local last = redis.call('GET', KEYS[2]) or ''
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'm', ARGV[3], 'w', '', 'p', last)
redis.call('SET', KEYS[2], id)
${LASTS}
return id
`;

/**
 * ARGV: as above, then 'all', or '' for those after the last drop there is; then drops as they were known, the oldest first: ids
 * and words. They keep their ids where nothing came after them. Answers the id of each, '' where it is not said.
 */
const RESAY = `
local function isAfter(one, other)
  local ms, n = string.match(one, '^(%d+)-(%d+)$')
  local otherMs, otherN = string.match(other, '^(%d+)-(%d+)$')
  if not otherMs then return true end
  if ms ~= otherMs then return tonumber(ms) > tonumber(otherMs) end
  return tonumber(n) > tonumber(otherN)
end
local was = redis.call('GET', KEYS[2]) or ''
local last = was
local ids = {}
for n = 4, #ARGV, 2 do
  local id = ''
  if ARGV[3] == 'all' or isAfter(ARGV[n], was) then
    local entry = {'m', ARGV[n + 1], 'w', '', 'p', last}
    id = redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], ARGV[n], unpack(entry))
    if type(id) == 'table' then
      id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', unpack(entry))
    end
    last = id
    redis.call('SET', KEYS[2], id)
  end
  ids[#ids + 1] = id
end
if last ~= was then
${LASTS}
end
return ids
`;

/**
 * ARGV: from where, up to which drop, how many at a time, then whose, '' for any. Takes out those of them, and what is of a form
 * that does not say whose it is. Answers the last it looked at; '': there is no more.
 */
const SWEEP = `
local page = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])
local last = ''
for _, entry in ipairs(page) do
  last = entry[1]
  local whose = entry[2][4]
  local matches = whose == nil
  if whose ~= nil and whose ~= '' then
    local words = {}
    for word in string.gmatch(whose, '%S+') do words[#words + 1] = word end
    matches = true
    for n = 1, 4 do
      if ARGV[n + 3] ~= '' and ARGV[n + 3] ~= words[n] then matches = false end
    end
  end
  if matches then redis.call('XDEL', KEYS[1], last) end
end
return last
`;

export const SCRIPTS = {
  add: redisScript(ADD),
  drop: redisScript(DROP),
  resay: redisScript(RESAY),
  sweep: redisScript(SWEEP),
} as const;

export type Word = { readonly from: string } & (
  | {
      readonly key: string;
      readonly partition: string;
      readonly expiresAt: number;
      readonly content: string;
    }
  | { readonly forget: string }
  /** '' for any. */
  | { readonly drop: Marks }
);

export interface Heard {
  readonly id: string;
  readonly word: Word;
  /** Null: nobody's. */
  readonly whose: Marks | null;
  /** Of a drop: the id of the one before it, '' for none. Null: it does not say. */
  readonly previous: string | null;
}

/** An entry of the stream. Null: another version's. */
export function heard([id, fields]: readonly [string, readonly string[]]): Heard | null {
  const [, text = '', , whose, , previous = null] = fields;
  if (whose === undefined) return null;
  try {
    const word = JSON.parse(text) as { readonly [name: string]: unknown };
    if (typeof word.forget === 'string' || isMarks(word.drop))
      return { id, word: word as Word, whose: null, previous };
    const isWhole =
      typeof word.key === 'string' &&
      typeof word.partition === 'string' &&
      typeof word.expiresAt === 'number' &&
      typeof word.content === 'string';
    const marks = whose.split(' ');
    if (!isWhole || !isMarks(marks)) return null;
    return { id, word: word as Word, whose: marks, previous: null };
  } catch {
    return null;
  }
}

function isMarks(value: unknown): value is Marks {
  return (
    Array.isArray(value) && value.length === 4 && value.every((one) => typeof one === 'string')
  );
}

/** The first id that may come after it: `(` before an id is not known to every server. */
export function next(id: string): string {
  const [ms = '0', number = '0'] = id.split('-');
  return `${ms}-${Number(number) + 1}`;
}

/** By their ids in the stream; '' is before all. */
export function isBefore(one: string, other: string): boolean {
  const [ms = 0, number = 0] = one.split('-').map(Number);
  const [otherMs = 0, otherNumber = 0] = other.split('-').map(Number);
  return ms < otherMs || (ms === otherMs && number < otherNumber);
}
