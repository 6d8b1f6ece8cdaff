// userName: what a user is known by, however requests name them: callers choose these names, and may make them long.
import { hash } from 'node:crypto';

/** Longer names are known by their hash: they are kept with every count. */
const USER_NAME_CHARS = 512;

/** The same for limits that are set, looked up and counted. */
export function userName(user: string): string {
  return user.length <= USER_NAME_CHARS ? user : `sha256:${hash('sha256', user, 'hex')}`;
}
