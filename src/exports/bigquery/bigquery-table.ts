// The table in BigQuery: made where it is missing, given the columns it lacks, refused where one is of another type.
// docs.cloud.google.com/bigquery/docs/reference/rest/v2/tables
import { asObject, asObjects, asString, type JsonObject } from '../../lib/json.ts';
import type { Delivery } from '../export-sink.ts';
import { type ColumnType, FLAT_COLUMNS, type FlatColumn } from '../flat-row.ts';
import { type BigQueryAccess, type BigQueryReply, failureOf } from './bigquery-access.ts';

const TYPES: { readonly [T in ColumnType]: string } = {
  text: 'STRING',
  label: 'STRING',
  integer: 'INTEGER',
  float: 'FLOAT',
  boolean: 'BOOLEAN',
  time: 'TIMESTAMP',
  money: 'NUMERIC',
  json: 'JSON',
};
/** A table made by SQL may tell the same types by other names. */
const SAME: { readonly [type: string]: string } = {
  INT64: 'INTEGER',
  FLOAT64: 'FLOAT',
  BOOL: 'BOOLEAN',
  DECIMAL: 'NUMERIC',
};
const NOT_FOUND = 404;
const CONFLICT = 409;
const FORBIDDEN = 403;

export interface TableNames {
  readonly dataset: string;
  readonly table: string;
  readonly location: string;
}

const TAKEN: Delivery = { kind: 'taken', rejected: [] };

/** Takes as many turns as it needs: each step of it may have been done by another replica. */
export async function prepareTable(
  access: BigQueryAccess,
  names: TableNames,
  signal: AbortSignal,
): Promise<Delivery> {
  const found = await access.ask({ method: 'GET', path: pathOf(names), signal });
  if ('kind' in found) return found;
  if (found.status === 200) return addColumns(access, names, found.body, signal);
  if (found.status !== NOT_FOUND) return failureOf(found);
  const made = await makeTable(access, names, signal);
  if ('kind' in made) return made;
  if (made.status !== NOT_FOUND) return madeOr(made);
  const dataset = await access.ask({
    method: 'POST',
    path: '/datasets',
    body: {
      datasetReference: { projectId: access.project, datasetId: names.dataset },
      location: names.location,
    },
    signal,
  });
  if ('kind' in dataset) return dataset;
  if (dataset.status === FORBIDDEN && failureOf(dataset).kind === 'refused')
    return {
      kind: 'refused',
      why: `BigQuery: the dataset ${names.dataset} is missing and these credentials may not make it. Make it in ${names.location}, and give them the role BigQuery Data Editor on it`,
    };
  if (dataset.status !== 200 && dataset.status !== CONFLICT) return failureOf(dataset);
  const again = await makeTable(access, names, signal);
  return 'kind' in again ? again : madeOr(again);
}

export function pathOf({ dataset, table }: TableNames): string {
  return `/datasets/${encodeURIComponent(dataset)}/tables/${encodeURIComponent(table)}`;
}

/** By whomever. */
function madeOr(reply: BigQueryReply): Delivery {
  return reply.status === 200 || reply.status === CONFLICT ? TAKEN : failureOf(reply);
}

function makeTable(
  access: BigQueryAccess,
  { dataset, table }: TableNames,
  signal: AbortSignal,
): ReturnType<BigQueryAccess['ask']> {
  return access.ask({
    method: 'POST',
    path: `/datasets/${encodeURIComponent(dataset)}/tables`,
    body: {
      tableReference: { projectId: access.project, datasetId: dataset, tableId: table },
      description: 'One row for each request. Rows may come twice: tell them by id.',
      schema: { fields: FLAT_COLUMNS.map(fieldOf) },
      timePartitioning: { type: 'DAY', field: 'at' },
      clustering: { fields: ['model', 'user_id'] },
    },
    signal,
  });
}

async function addColumns(
  access: BigQueryAccess,
  names: TableNames,
  table: JsonObject,
  signal: AbortSignal,
): Promise<Delivery> {
  const fields = asObjects(asObject(table.schema)?.fields);
  const there = new Map(fields.map((field) => [asString(field.name)?.toLowerCase(), field]));
  const other = FLAT_COLUMNS.flatMap((column) => {
    const field = there.get(column.name);
    return field === undefined || fits(field, column)
      ? []
      : [`${column.name} is ${typeOf(field)}, not ${TYPES[column.type]}`];
  });
  if (other.length > 0)
    return {
      kind: 'refused',
      why: `BigQuery: ${names.dataset}.${names.table} has columns of other types: ${other.join('; ')}. Name another table, or change them`,
    };
  const missing = FLAT_COLUMNS.filter(({ name }) => !there.has(name));
  if (missing.length === 0) return TAKEN;
  const patched = await access.ask({
    method: 'PATCH',
    path: pathOf(names),
    // A column that is added to rows can be null in them.
    body: {
      schema: {
        fields: [...fields, ...missing.map((one) => ({ ...fieldOf(one), mode: 'NULLABLE' }))],
      },
    },
    signal,
  });
  if ('kind' in patched) return patched;
  return patched.status === 200 ? TAKEN : failureOf(patched);
}

function fieldOf({ name, type, required, about }: FlatColumn): JsonObject {
  return {
    name,
    type: TYPES[type],
    mode: required ? 'REQUIRED' : 'NULLABLE',
    description: about,
  };
}

function fits(field: JsonObject, { type }: FlatColumn): boolean {
  return typeOf(field) === TYPES[type] && asString(field.mode) !== 'REPEATED';
}

function typeOf({ type }: JsonObject): string {
  const told = asString(type) ?? '';
  return SAME[told] ?? told;
}
