// The names a schema knows at a place, for those who mistyped one.
import type { z } from 'zod';

/** None where the place takes no object with names of its own. */
export function knownNames(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let current: unknown = schema;
  for (const step of path) {
    const { def } = partOf(current, step);
    current = def;
  }
  return Object.keys(shapeOf(current));
}

interface Def {
  readonly type?: string;
  readonly shape?: { readonly [name: string]: unknown };
  readonly valueType?: unknown;
  readonly element?: unknown;
  readonly innerType?: unknown;
  readonly options?: readonly unknown[];
  readonly in?: unknown;
  readonly out?: unknown;
}

function partOf(schema: unknown, step: PropertyKey): { readonly def: unknown } {
  const def = defOf(schema);
  const own =
    typeof step === 'number' ? def?.element : (def?.shape?.[String(step)] ?? def?.valueType);
  if (own !== undefined) return { def: own };
  const inside = (def?.options ?? []).map((option) => partOf(option, step).def);
  return { def: inside.find((one) => one !== undefined) };
}

/** Of several forms, that of the object. */
function shapeOf(schema: unknown): object {
  const def = defOf(schema);
  return def?.shape ?? def?.options?.map(shapeOf).find((one) => Object.keys(one).length > 0) ?? {};
}

/** Without what is wrapped around it: optional, nullable, a transformation behind it. */
function defOf(schema: unknown): Def | undefined {
  let def = bareDef(schema);
  for (;;) {
    const inner = def?.innerType ?? (bareDef(def?.in)?.type === 'transform' ? def?.out : def?.in);
    if (inner === undefined) return def;
    def = bareDef(inner);
  }
}

function bareDef(schema: unknown): Def | undefined {
  return (schema as { readonly _zod?: { readonly def: Def } } | undefined)?._zod?.def;
}
