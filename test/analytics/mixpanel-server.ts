// Mixpanel's import and raw export, as its pages have them: what it refuses it refuses here.
// docs.mixpanel.com/reference/import-events, docs.mixpanel.com/reference/raw-event-export
import { asNumber, asObject, asString, isObject, parseJson } from '../../src/lib/json.ts';
import { bodyOf, type Misbehaving, serveMisbehaving } from './misbehaving.ts';

export const ACCOUNT = { project_id: '2195193', username: 'gateway.1a2b3c', secret: 'mp-s3cret-1' };
export const TOKEN = 'mp-token-1';

const REFUSED_IDS = [
  ...['-1', '0', '00000000-0000-0000-0000-000000000000', '<nil>', '[]', 'anon', 'anonymous'],
  ...['false', 'lmy47d', 'n/a', 'na', 'nil', 'none', 'null', 'true', 'undefined', 'unknown', '{}'],
];
const YEAR_1971_MS = 31_536_000_000;
const MAX_BYTES = 10 * 1024 * 1024;

export interface StoredEvent {
  readonly event: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface MixpanelServer extends Misbehaving {
  /** Each once, as Mixpanel keeps them: by event, user, time and insert id. */
  events(name?: string): StoredEvent[];
  /** Every event that came, repeats too. */
  readonly came: StoredEvent[];
  /** What the raw export gives; asked for as told here. */
  readonly product: StoredEvent[];
  readonly exported: URL[];
  /** The end of the next raw export. */
  endWith(line: string): void;
}

export async function startMixpanel(): Promise<MixpanelServer> {
  const kept = new Map<string, StoredEvent>();
  const came: StoredEvent[] = [];
  const product: StoredEvent[] = [];
  const exported: URL[] = [];
  let lastLine = '';
  const server = await serveMisbehaving(async (request) => {
    const url = new URL(request.url);
    if (!isKnown(request, url)) return refusal(401, 'Invalid credentials');
    if (url.pathname === '/api/2.0/export' && request.method === 'GET') {
      exported.push(url);
      return exportAnswer(url, product, lastLine);
    }
    if (url.pathname !== '/import' || request.method !== 'POST') return refusal(404, 'not found');
    if (url.searchParams.get('strict') !== '1') return refusal(400, 'this server wants strict=1');
    const text = await bodyOf(request);
    if (text === null) return refusal(400, 'invalid gzip');
    if (Buffer.byteLength(text) > MAX_BYTES) return refusal(413, 'request exceeds max limit');
    const events = parseJson(text);
    if (!Array.isArray(events)) return refusal(400, 'not a list');
    if (events.length > 2000) return refusal(413, 'request exceeds max limit of 2000 events');
    const failed: object[] = [];
    for (const [index, event] of events.entries()) {
      const fault = faultOf(event);
      if (fault !== null) {
        failed.push({ index, ...fault });
        continue;
      }
      const { distinct_id, time, $insert_id } = event.properties;
      came.push(event);
      kept.set(JSON.stringify([event.event, distinct_id, time, $insert_id]), event);
    }
    const imported = { num_records_imported: events.length - failed.length };
    if (failed.length === 0) return Response.json({ code: 200, status: 'OK', ...imported });
    const error = 'some data points in the request failed validation';
    const body = { code: 400, error, status: 'Bad Request', ...imported, failed_records: failed };
    return Response.json(body, { status: 400 });
  });
  return {
    ...server,
    came,
    product,
    exported,
    events: (name) =>
      [...kept.values()].filter(({ event }) => name === undefined || event === name),
    endWith(line) {
      lastLine = line;
    },
  };
}

function isKnown(request: Request, url: URL): boolean {
  const given = request.headers.get('authorization');
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
  const project = url.searchParams.get('project_id');
  if (project !== null)
    return (
      project === ACCOUNT.project_id && given === basic(`${ACCOUNT.username}:${ACCOUNT.secret}`)
    );
  return url.pathname === '/import' && given === basic(`${TOKEN}:`);
}

function refusal(code: number, error: string): Response {
  return Response.json({ code, error, status: 'refused' }, { status: code });
}

function faultOf(event: unknown): { field: string; message: string } | null {
  const bad = (field: string, message: string) => ({ field, message });
  if (!isObject(event) || JSON.stringify(event).length > 1024 * 1024)
    return bad('event', 'too large');
  const properties = asObject(event.properties);
  const name = asString(event.event) ?? '';
  if (name === '' || name.length > 255 || Object.keys(event).length !== 2)
    return bad('event', "'event' must be a name");
  if (properties === undefined || Object.keys(properties).length > 255)
    return bad('properties', "'properties' must be an object of 255 at most");
  const time = asNumber(properties.time) ?? 0;
  if (!Number.isInteger(time) || time < YEAR_1971_MS || time > Date.now() + 3_600_000)
    return bad('properties.time', "'properties.time' is invalid");
  const user = properties.distinct_id;
  if (
    typeof user !== 'string' ||
    Buffer.byteLength(user) > 255 ||
    REFUSED_IDS.includes(user.toLowerCase())
  )
    return bad('properties.distinct_id', "'properties.distinct_id' is invalid");
  if (!/^[A-Za-z0-9-]{1,36}$/.test(asString(properties.$insert_id) ?? ''))
    return bad('properties.$insert_id', "'properties.$insert_id' is invalid");
  const long = Object.entries(properties).find(
    ([key, value]) =>
      Buffer.byteLength(key) > 255 || (typeof value === 'string' && Buffer.byteLength(value) > 255),
  );
  // It would be cut.
  return long === undefined ? null : bad(`properties.${long[0].slice(0, 20)}`, 'is too long');
}

function exportAnswer(url: URL, product: readonly StoredEvent[], lastLine: string): Response {
  const [from, to] = [
    url.searchParams.get('from_date') ?? '',
    url.searchParams.get('to_date') ?? '',
  ];
  const isDay = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text);
  const names = parseJson(url.searchParams.get('event') ?? '');
  if (!isDay(from) || !isDay(to) || from > to || !Array.isArray(names))
    return new Response('from_date, to_date, event', { status: 400 });
  const lines = product
    .filter(({ event, properties }) => {
      const day = new Date(Number(properties.time) * 1000).toISOString().slice(0, 10);
      return names.includes(event) && day >= from && day <= to;
    })
    .map((event) => `${JSON.stringify(event)}\n`);
  const bytes = Bun.gzipSync(new TextEncoder().encode(lines.join('') + lastLine));
  return new Response(bytes, {
    headers: { 'content-encoding': 'gzip', 'content-type': 'text/plain' },
  });
}
