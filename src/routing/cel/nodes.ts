// Walking a parsed expression: what a part is made of, and which names of the request it reads.
import type { ASTNode } from '@marcbachmann/cel-js';

const MACROS = ['all', 'exists', 'exists_one', 'filter', 'map'] as const;
export type Macro = (typeof MACROS)[number];

export function isMacro(name: string): name is Macro {
  return MACROS.some((macro) => macro === name);
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    case '!_':
    case '-_':
      return [node.args];
    default:
      return node.args;
  }
}

export function nodesOf(node: ASTNode): number {
  let count = 1;
  for (const child of childrenOf(node)) count += nodesOf(child);
  return count;
}

type NameNode = Extract<ASTNode, { op: 'id' }>;

/** Calls `seen` for every name that is no macro's variable, with what it stands in (null at the top). */
export function visitFreeNames(
  node: ASTNode,
  seen: (name: NameNode, within: ASTNode | null) => void,
  within: ASTNode | null = null,
  bound: ReadonlySet<string> = new Set(),
): void {
  if (node.op === 'id') {
    if (!bound.has(node.args)) seen(node, within);
    return;
  }
  if (node.op === 'rcall' && isMacro(node.args[0])) {
    const [, receiver, [item, ...bodies]] = node.args;
    visitFreeNames(receiver, seen, node, bound);
    const inner = item?.op === 'id' ? new Set([...bound, item.args]) : bound;
    for (const body of bodies) visitFreeNames(body, seen, node, inner);
    return;
  }
  for (const child of childrenOf(node)) visitFreeNames(child, seen, node, bound);
}
