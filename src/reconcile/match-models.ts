// Which of our models and which of a bill's are the same: one name often stands for another, `gpt-4o` for `gpt-4o-2024-08-06`.

/** What a name is without its date; `dated` where it had one. Two names of one family of which one has no date may be the same model. */
export interface ModelName {
  readonly family: string;
  readonly dated: boolean;
}

export type ReadModelName = (name: string) => ModelName;

/** Names that cannot be told apart from what both sides say; never more than there is a reason for. */
export interface ModelGroup {
  readonly log: readonly string[];
  readonly bill: readonly string[];
}

/**
 * Names that are the same on both sides belong together. Where that leaves one alone, names of a family do in which an
 * undated one may stand for the dated. What has no counterpart stands alone.
 */
export function groupModels(
  log: readonly string[],
  bill: readonly string[],
  read: ReadModelName,
): readonly ModelGroup[] {
  const families = Map.groupBy(new Set([...log, ...bill]), (name) => read(name).family);
  return [...families.values()].flatMap((names) => {
    const inLog = names.filter((name) => log.includes(name));
    const inBill = names.filter((name) => bill.includes(name));
    const paired = names.every((name) => inLog.includes(name) && inBill.includes(name));
    const undated = names.some((name) => !read(name).dated);
    if (!paired && undated && inLog.length > 0 && inBill.length > 0)
      return [{ log: inLog, bill: inBill }];
    // Two names of the bill alone may be one: its costs without a date, its usage with one.
    if (undated && inLog.length === 0) return [{ log: [], bill: inBill }];
    return names.map((name) => ({
      log: inLog.filter((other) => other === name),
      bill: inBill.filter((other) => other === name),
    }));
  });
}
