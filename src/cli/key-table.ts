// Keys and limits as a terminal shows them: a line a key, or one with all that is known of it.
import { asArray, asObject, asObjects, asString, type JsonObject } from '../lib/json.ts';

/** @param keys as the API shows them, made printable */
export function keyTable(keys: readonly JsonObject[], now: number): string {
  const lines = keys.map((key) => [
    text(key.id),
    `${text(key.prefix)}…`,
    text(key.role),
    stateOf(key, now),
    text(key.name),
    reachOf(key),
    limitWords(key),
    spentWords(key),
    labelWords(key),
  ]);
  return aligned([HEADS, ...lines]);
}

const HEADS = ['id', 'key', 'role', 'state', 'name', 'may call', 'limits', 'spent', 'labels'];

export function userTable(users: readonly JsonObject[]): string {
  const lines = users.map((user) => [text(user.user), limitWords(user), spentWords(user)]);
  return aligned([['user', 'limits', 'spent'], ...lines]);
}

/** One fact a line. */
export function keyStory(key: JsonObject, now: number): string {
  const replaced = asObjects(key.previous_secrets).map(
    ({ prefix, valid_until }) => `${text(prefix)}… until ${text(valid_until)}`,
  );
  const facts: readonly (readonly [string, string])[] = [
    ['id', text(key.id)],
    ['name', text(key.name)],
    ['role', text(key.role)],
    ['made by', key.source === 'config' ? 'the configuration' : 'the API or the command line'],
    ['state', stateOf(key, now)],
    ['secret', `${text(key.prefix)}…`],
    ['earlier secrets', replaced.join(', ')],
    ['may call', reachOf(key)],
    ['limits', limitWords(key)],
    ['spent', spentWords(key)],
    ['each user', limitWords(asObject(key.user_limits) ?? {})],
    ['expires', text(key.expires_at) || 'never'],
    ['labels', labelWords(key)],
    ['metadata', key.metadata === null ? '' : JSON.stringify(key.metadata)],
    ['bodies', bodyWords(key.log_bodies)],
    ['cache', cacheLine(key.cache)],
    ['made', text(key.created_at)],
    ['changed', text(key.updated_at)],
  ];
  return aligned(facts.filter(([, fact]) => fact !== ''));
}

function stateOf(key: JsonObject, now: number): string {
  if (key.enabled === false) return 'disabled';
  const expires = asString(key.expires_at);
  if (expires === undefined) return 'active';
  return Date.parse(expires) <= now ? 'expired' : `until ${expires}`;
}

function reachOf({ allowed_models: models, allowed_routers: routers }: JsonObject): string {
  const modelWords = Array.isArray(models) ? listWords(models, 'no model') : 'every model';
  if (!Array.isArray(routers)) return modelWords;
  return `${modelWords}; routers: ${listWords(routers, 'none')}`;
}

function listWords(names: readonly unknown[], none: string): string {
  return names.length === 0 ? none : names.join(', ');
}

/** `20 USD/month, 60 requests/min`. */
export function limitWords({ budget, rate_limit }: JsonObject): string {
  const rate = asObject(rate_limit) ?? {};
  const budgets = Array.isArray(budget) ? asArray(budget) : [budget];
  const words = budgets.map(asObject).map((one) => {
    if (one === undefined) return null;
    return one.period === 'total'
      ? `${one.amount_usd} USD in total`
      : `${one.amount_usd} USD/${text(one.period)}`;
  });
  const rates = [
    [rate.requests_per_minute, 'requests/min'],
    [rate.tokens_per_minute, 'tokens/min'],
    [rate.concurrent, 'at once'],
  ] as const;
  for (const [count, what] of rates) if (typeof count === 'number') words.push(`${count} ${what}`);
  return words.filter((word) => word !== null).join(', ');
}

/** `1.25 of 5 USD/day`; nothing where nobody can tell. */
function spentWords({ usage }: JsonObject): string {
  return asObjects(asObject(usage)?.budgets)
    .map(({ spent_usd: spent, amount_usd: amount, period }) => {
      const per = period === 'total' ? ' in total' : `/${text(period)}`;
      return `${dollars(spent)} of ${dollars(amount)} USD${per}`;
    })
    .join(', ');
}

/** Without an exponent: a request may cost billionths. */
function dollars(usd: unknown): string {
  if (typeof usd !== 'number') return '';
  return usd.toFixed(9).replace(/\.?0+$/, '');
}

/** As the command takes it. */
function cacheLine(value: unknown): string {
  const { mode, ...others } = asObject(value) ?? {};
  const words = Object.entries(others).map(([name, one]) => `${name}=${one}`);
  return [...(mode === undefined ? [] : [text(mode)]), ...words].join('; ');
}

function labelWords({ labels }: JsonObject): string {
  return Object.entries(asObject(labels) ?? {})
    .map(([name, value]) => `${name}=${text(value)}`)
    .join(', ');
}

function bodyWords(keep: unknown): string {
  if (keep === true) return 'bodies are kept';
  return keep === false ? 'bodies are never kept' : '';
}

function text(value: unknown): string {
  return asString(value) ?? '';
}

function aligned(lines: readonly (readonly string[])[]): string {
  const columns = Math.max(...lines.map((line) => line.length));
  const widths = Array.from({ length: columns }, (_, at) =>
    Math.max(...lines.map((line) => line[at]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
