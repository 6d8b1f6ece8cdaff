// Why a router is not taken: everything that is wrong with it, and what was meant for another version of it.
import { pathText, problemText, type RouterProblem } from '../config/router-problem.ts';
import { GatewayError } from '../core/errors.ts';
import { etagOf } from './shown-router.ts';

/** The message begins with the first problem's path; the others are in the details. */
export function refusal(
  problems: readonly Pick<RouterProblem, 'path' | 'message'>[],
): GatewayError {
  const [first = { path: [], message: 'The router is not valid.' }, ...others] = problems;
  const more =
    others.length === 0
      ? ''
      : ` (and ${others.length} more ${others.length === 1 ? 'problem' : 'problems'})`;
  return new GatewayError('invalid_request', `${problemText(first)}${more}`, {
    param: pathText(first.path),
    problems: problems.map(({ path, message }) => ({ path: pathText(path), message })),
  });
}

/** @param found what reading it by that name would have found */
export function noSuchRouter(id: string, found?: string): GatewayError {
  const remedy =
    found === undefined
      ? 'GET /router/v1/routers lists them.'
      : `To change "${found}", name it so.`;
  return new GatewayError('not_found', `There is no router "${id.slice(0, 100)}". ${remedy}`);
}

export function noSuchVersion(id: string, version: string): GatewayError {
  return new GatewayError(
    'not_found',
    `The router "${id}" has no version ${version}. GET /router/v1/routers/${id}/versions lists them.`,
  );
}

export function readOnly(id: string): GatewayError {
  return new GatewayError(
    'read_only',
    `The router "${id}" is made by the configuration file: change it there, under "routers". Saving the file takes effect at once.`,
  );
}

export function alreadyThere(id: string): GatewayError {
  return new GatewayError(
    'already_exists',
    `name: there is a router "${id}" already. Change it with PATCH /router/v1/routers/${id}, or take another name.`,
    { param: 'name' },
  );
}

/** Throws `version_conflict` where the caller looked at another version than the one that is there. `*` is any. */
export function checkEtags(
  id: string,
  current: number,
  given: readonly (string | null | undefined)[],
): void {
  for (const list of given) {
    if (list === null || list === undefined) continue;
    const wanted = list.split(',').map(bare);
    if (wanted.includes('*') || wanted.includes(etagOf(current))) continue;
    throw new GatewayError(
      'version_conflict',
      `The router "${id}" was changed meanwhile: it is at version ${current} (etag "${etagOf(current)}"). Read it again and repeat the change.`,
      { param: 'etag' },
    );
  }
}

/** As a header has it (`W/"v3"`), as the resource has it (`v3`), or the number alone. */
function bare(etag: string): string {
  const text = etag
    .trim()
    .replace(/^W\//, '')
    .replace(/^"(.*)"$/, '$1');
  return /^\d+$/.test(text) ? `v${text}` : text;
}
