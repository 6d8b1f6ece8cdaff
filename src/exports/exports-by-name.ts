// What is configured, by the names of exports: as an operator's words say them, so `constructor` is a name like others.
import type { ExportSettings } from '../config/exports-schema.ts';

export type ExportsByName = { readonly [name: string]: ExportSettings };

/** Null: there is no such export. */
export function settingsOf(exports: ExportsByName, name: string): ExportSettings | null {
  return Object.hasOwn(exports, name) ? (exports[name] ?? null) : null;
}
