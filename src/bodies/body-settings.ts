// BodySettings: what the configuration says of keeping bodies, with its defaults.
import { DEFAULT_RULES } from './redaction/redaction.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const MEGABYTE = 1024 * 1024;

export interface BodySettings {
  /** Those of every request; else of keys and routers that ask for it. */
  readonly keep: boolean;
  /** Some router asks for it: then it is known only once a request is planned. */
  readonly byRouter: boolean;
  readonly retentionMs: number;
  /** Of one body. */
  readonly maxBytes: number;
  readonly redact: readonly string[];
  readonly drop: readonly string[];
  /** Known ones, which are always blotted out. */
  readonly secrets: readonly string[];
}

/** As the configuration file has them. */
export interface WrittenBodySettings {
  readonly keep?: boolean | undefined;
  readonly retention?: number | undefined;
  readonly max_size?: number | undefined;
  readonly redact?: readonly string[] | undefined;
  readonly drop?: readonly string[] | undefined;
}

export function bodySettings(
  written: WrittenBodySettings = {},
  known: { readonly byRouter: boolean; readonly secrets: readonly string[] },
): BodySettings {
  return {
    keep: written.keep ?? false,
    retentionMs: written.retention ?? 7 * DAY_MS,
    maxBytes: written.max_size ?? MEGABYTE,
    redact: written.redact ?? DEFAULT_RULES,
    drop: written.drop ?? [],
    ...known,
  };
}
