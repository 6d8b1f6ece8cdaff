// BigQuery's tables, streaming inserts and queries, and the token endpoint before them, as Google's pages have them.
// docs.cloud.google.com/bigquery/docs/reference/rest/v2
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importSPKI, jwtVerify } from 'jose';
import { asObject, asObjects, asString, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { type Field, faultOf } from './bigquery-values.ts';
import { bodyOf, type Misbehaving, serveMisbehaving } from './misbehaving.ts';

const PROJECT = 'acme-analytics';
const MAX_BYTES = 10 * 1024 * 1024;
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const ROOT = `/bigquery/v2/projects/${PROJECT}`;
const CLUSTERING_TYPES = ['STRING', 'INTEGER', 'BOOLEAN', 'TIMESTAMP', 'NUMERIC', 'DATE'];

export interface StoredTable {
  fields: Field[];
  readonly partition: string;
  readonly clustering: readonly string[];
  /** All that was kept; what came again within memory was told by its insertId. */
  readonly rows: JsonObject[];
  readonly known: Set<string>;
  /** So many inserts do not know of it yet. */
  hidden: number;
}

export interface BigQueryServer extends Misbehaving {
  /** Of a service account it knows. */
  readonly credentialsFile: string;
  readonly privateKey: string;
  readonly datasets: Map<string, string>;
  readonly tables: Map<string, StoredTable>;
  /** Tokens given out; each is good until it is taken from here. */
  readonly tokens: Set<string>;
  /** New tables are not there for that many inserts. */
  hideNewTables(inserts: number): void;
  /** insertIds are no longer remembered: as after a minute or so. */
  forget(): void;
  /** What the next queries give: schema, rows, and how often they are not done. */
  result: { fields: Field[]; rows: (string | null)[][]; pending: number };
  readonly queries: JsonObject[];
}

export async function startBigQuery(): Promise<BigQueryServer> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const verifier = await importSPKI(
    publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    'RS256',
  );
  const state = {
    datasets: new Map<string, string>(),
    tables: new Map<string, StoredTable>(),
    tokens: new Set<string>(),
    queries: [] as JsonObject[],
    result: { fields: [] as Field[], rows: [] as (string | null)[][], pending: 0 },
    hidden: 0,
  };
  const server = await serveMisbehaving(async (request) => {
    const url = new URL(request.url);
    const text = (await bodyOf(request)) ?? '';
    if (url.pathname === '/token') return token(text);
    const given = request.headers.get('authorization')?.replace(/^Bearer /, '') ?? '';
    if (!state.tokens.has(given)) return refusal(401, 'authError', 'Invalid Credentials');
    if (!url.pathname.startsWith(`${ROOT}/`)) return refusal(404, 'notFound', 'Not found: Project');
    if (Buffer.byteLength(text) > MAX_BYTES) return refusal(413, 'invalid', 'Request too large');
    const body = asObject(parseJson(text)) ?? {};
    const path = url.pathname.slice(ROOT.length).split('/').slice(1);
    if (path[0] === 'queries') return query(request.method, path[1], body, url);
    return tableCall(request.method, path, body);
  });

  async function token(text: string): Promise<Response> {
    const form = new URLSearchParams(text);
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer')
      return Response.json({ error: 'unsupported_grant_type' }, { status: 400 });
    try {
      const { payload } = await jwtVerify(form.get('assertion') ?? '', verifier, {
        algorithms: ['RS256'],
        audience: `${server.url}/token`,
        issuer: 'switchyard@acme-analytics.iam.gserviceaccount.com',
        requiredClaims: ['iat', 'exp', 'scope'],
      });
      if (payload.scope !== SCOPE || Number(payload.exp) - Number(payload.iat) > 3600)
        throw new Error('scope or time');
    } catch {
      const body = { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' };
      return Response.json(body, { status: 400 });
    }
    const access_token = `ya29.${Bun.randomUUIDv7()}`;
    state.tokens.add(access_token);
    return Response.json({ access_token, expires_in: 3599, token_type: 'Bearer' });
  }

  function tableCall(method: string, path: readonly string[], body: JsonObject): Response {
    const [, dataset = '', , name = '', verb] = path;
    if (method === 'POST' && path.length === 1) return makeDataset(body);
    if (!state.datasets.has(dataset))
      return refusal(404, 'notFound', `Not found: Dataset ${PROJECT}:${dataset}`);
    if (method === 'POST' && path.length === 3) return makeTable(dataset, body);
    const table = state.tables.get(`${dataset}.${name}`);
    if (table === undefined)
      return refusal(404, 'notFound', `Not found: Table ${PROJECT}:${dataset}.${name}`);
    if (verb === 'insertAll') return insertAll(table, body);
    if (method === 'GET') return Response.json({ schema: { fields: table.fields } });
    return method === 'PATCH' ? patch(table, body) : refusal(405, 'invalid', 'method');
  }

  function makeDataset(body: JsonObject): Response {
    const id = asString(asObject(body.datasetReference)?.datasetId) ?? '';
    if (state.datasets.has(id)) return refusal(409, 'duplicate', 'Already Exists: Dataset');
    state.datasets.set(id, asString(body.location) ?? 'US');
    return Response.json(body);
  }

  function makeTable(dataset: string, body: JsonObject): Response {
    const name = asString(asObject(body.tableReference)?.tableId) ?? '';
    if (state.tables.has(`${dataset}.${name}`))
      return refusal(409, 'duplicate', `Already Exists: Table ${name}`);
    const fields = asObjects(asObject(body.schema)?.fields) as readonly unknown[] as Field[];
    const typeOf = (column: string) => fields.find((one) => one.name === column)?.type;
    const { type, field } = asObject(body.timePartitioning) ?? {};
    const clustering = (asObject(body.clustering)?.fields ?? []) as string[];
    const isFit =
      type === 'DAY' &&
      ['TIMESTAMP', 'DATE'].includes(typeOf(String(field)) ?? '') &&
      clustering.length <= 4 &&
      clustering.every((column) => CLUSTERING_TYPES.includes(typeOf(column) ?? ''));
    if (!isFit || fields.length === 0) return refusal(400, 'invalid', 'Invalid table');
    state.tables.set(`${dataset}.${name}`, {
      fields,
      partition: String(field),
      clustering,
      rows: [],
      known: new Set(),
      hidden: state.hidden,
    });
    return Response.json(body);
  }

  function patch(table: StoredTable, body: JsonObject): Response {
    const fields = asObjects(asObject(body.schema)?.fields) as readonly unknown[] as Field[];
    const changed = table.fields.some(
      (field, at) => field.name !== fields[at]?.name || field.type !== fields[at]?.type,
    );
    const added = fields.slice(table.fields.length);
    if (changed || added.some(({ mode }) => mode === 'REQUIRED'))
      return refusal(400, 'invalid', 'Provided Schema does not match Table');
    table.fields = fields;
    return Response.json(body);
  }

  function insertAll(table: StoredTable, body: JsonObject): Response {
    if (table.hidden > 0) {
      table.hidden -= 1;
      return refusal(404, 'notFound', 'Not found: Table');
    }
    const rows = asObjects(body.rows);
    if (rows.length === 0 || rows.length > 50_000) return refusal(400, 'invalid', 'No rows');
    const faults = rows.flatMap(({ insertId, json }, index) => {
      const isLong = Buffer.byteLength(asString(insertId) ?? '') > 128;
      const fault = isLong ? 'insertId too long' : faultOf(table.fields, asObject(json) ?? {});
      return fault === null
        ? []
        : [{ index, errors: [{ reason: 'invalid', location: '', message: fault }] }];
    });
    const bad = new Set(faults.map(({ index }) => index));
    for (const [index, { insertId, json }] of rows.entries()) {
      if (bad.has(index) || (bad.size > 0 && body.skipInvalidRows !== true)) continue;
      if (table.known.has(String(insertId))) continue;
      table.known.add(String(insertId));
      table.rows.push(asObject(json) ?? {});
    }
    return Response.json(faults.length === 0 ? {} : { insertErrors: faults });
  }

  function query(method: string, job: string | undefined, body: JsonObject, url: URL): Response {
    const { fields, rows } = state.result;
    const jobReference = { projectId: PROJECT, jobId: 'job_1', location: 'EU' };
    if (method === 'POST') state.queries.push(body);
    else if (job !== 'job_1' || url.searchParams.get('location') !== 'EU')
      return refusal(404, 'notFound', 'Not found: Job');
    const format = asObject(body.formatOptions)?.useInt64Timestamp;
    if (format !== true && url.searchParams.get('formatOptions.useInt64Timestamp') !== 'true')
      return refusal(400, 'invalid', 'this server wants useInt64Timestamp');
    if (/\bSELEC\b/.test(asString(body.query) ?? ''))
      return refusal(400, 'invalidQuery', 'Syntax error: Unexpected identifier "SELEC"');
    if (state.result.pending > 0) {
      state.result.pending -= 1;
      return Response.json({ jobReference, jobComplete: false });
    }
    const size = Number(body.maxResults ?? url.searchParams.get('maxResults'));
    const from = Number(url.searchParams.get('pageToken') ?? 0);
    const page = rows.slice(from, from + size).map((row) => ({ f: row.map((v) => ({ v })) }));
    const more = from + size < rows.length ? { pageToken: String(from + size) } : {};
    return Response.json({
      ...{ jobReference, jobComplete: true, schema: { fields }, totalRows: String(rows.length) },
      ...(page.length === 0 ? {} : { rows: page }),
      ...more,
    });
  }

  const credentialsFile = join(mkdtempSync(join(tmpdir(), 'switchyard-test-')), 'key.json');
  const account = {
    ...{ type: 'service_account', project_id: PROJECT, private_key: pem, private_key_id: 'k1' },
    client_email: 'switchyard@acme-analytics.iam.gserviceaccount.com',
    token_uri: `${server.url}/token`,
  };
  writeFileSync(credentialsFile, JSON.stringify(account));
  return Object.assign(state, server, {
    ...{ credentialsFile, privateKey: pem },
    hideNewTables(inserts: number) {
      state.hidden = inserts;
    },
    forget() {
      for (const table of state.tables.values()) table.known.clear();
    },
  });
}

function refusal(code: number, reason: string, message: string): Response {
  const error = { code, message, errors: [{ message, domain: 'global', reason }] };
  return Response.json({ error }, { status: code });
}
