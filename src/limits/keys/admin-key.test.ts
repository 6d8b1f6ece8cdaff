// The first admin key: made once, kept for its owner alone, or taken from the environment and kept nowhere.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adminKeyPath, bootstrapAdminKey } from './admin-key.ts';

let dir: string;
let dataDir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-admin-'));
  dataDir = join(dir, 'data');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const mode = (path: string): number => statSync(path).mode & 0o777;

test('the first run makes one, later runs find it', () => {
  const first = bootstrapAdminKey({
    dataDir,
    fromEnv: undefined,
    random: (bytes) => new Uint8Array(bytes).fill(7),
  });
  expect(first).toEqual({
    secret: `sy-${Buffer.alloc(32, 7).toString('base64url')}`,
    created: true,
  });
  expect(adminKeyPath(dataDir)).toBe(join(dataDir, 'admin.key'));
  expect(mode(adminKeyPath(dataDir))).toBe(0o600);
  expect(mode(dataDir)).toBe(0o700);
  expect(readFileSync(adminKeyPath(dataDir), 'utf8')).toBe(`${first.secret}\n`);
  expect(bootstrapAdminKey({ dataDir, fromEnv: undefined })).toEqual({
    secret: first.secret,
    created: false,
  });
  expect(bootstrapAdminKey({ dataDir, fromEnv: ' ' })).toEqual({
    secret: first.secret,
    created: false,
  });
});

test('one from the environment is used as it is and kept nowhere', () => {
  expect(bootstrapAdminKey({ dataDir, fromEnv: ' my-own ' })).toEqual({
    secret: 'my-own',
    created: false,
  });
  expect(existsSync(dataDir)).toBe(false);
});

test('a file with wider rights is closed again', () => {
  const { secret } = bootstrapAdminKey({ dataDir, fromEnv: undefined });
  chmodSync(adminKeyPath(dataDir), 0o644);
  expect(bootstrapAdminKey({ dataDir, fromEnv: undefined }).secret).toBe(secret);
  expect(mode(adminKeyPath(dataDir))).toBe(0o600);
});

test('an empty file is refused with the remedy, never taken for a key', () => {
  bootstrapAdminKey({ dataDir, fromEnv: undefined });
  writeFileSync(adminKeyPath(dataDir), '\n');
  expect(() => bootstrapAdminKey({ dataDir, fromEnv: undefined })).toThrow(
    'admin.key is empty. Remove it',
  );
});

test('a folder that cannot be made is refused with the remedy', () => {
  writeFileSync(dataDir, '');
  expect(() => bootstrapAdminKey({ dataDir, fromEnv: undefined })).toThrow(
    'a file stands where a folder is needed',
  );
});
