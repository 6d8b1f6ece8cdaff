// Which slash commands a condition compares `command` with: those a router has to know to cut them from what is sent on.
import type { ASTNode } from '@marcbachmann/cel-js';
import { visitFreeNames } from './nodes.ts';

/** Null: it does something else with `command` than compare it with texts, so any may matter. */
export function commandsOf(root: ASTNode): ReadonlySet<string> | null {
  const commands = new Set<string>();
  let others = false;
  visitFreeNames(root, (name, within) => {
    if (name.args !== 'command') return;
    const compared = within === null ? null : comparedWith(name, within);
    if (compared === null) others = true;
    else for (const command of compared) commands.add(command);
  });
  // '' is no command but the lack of one
  commands.delete('');
  return others ? null : commands;
}

function comparedWith(name: ASTNode, within: ASTNode): readonly string[] | null {
  if (within.op === '==') {
    const [left, right] = within.args;
    return textsOf([left === name ? right : left]);
  }
  if (within.op === 'in' && within.args[0] === name && within.args[1].op === 'list')
    return textsOf(within.args[1].args);
  return null;
}

function textsOf(nodes: readonly ASTNode[]): readonly string[] | null {
  const texts: string[] = [];
  for (const node of nodes) {
    if (node.op !== 'value' || typeof node.args !== 'string') return null;
    texts.push(node.args);
  }
  return texts;
}
