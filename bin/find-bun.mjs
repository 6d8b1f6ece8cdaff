// Where the Bun binary is: npm installs it as an ordinary platform package, so no install script is needed.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** Absolute path of the Bun binary for this machine. Throws with the remedy when none is installed. */
export function findBun() {
  const arch = { x64: 'x64', arm64: 'aarch64' }[process.arch];
  const system = { darwin: 'darwin', linux: 'linux', win32: 'windows' }[process.platform];
  const file = process.platform === 'win32' ? 'bun.exe' : 'bun';
  for (const libc of ['', '-musl']) {
    const name = `@oven/bun-${system}-${arch}${libc}`;
    try {
      const path = join(dirname(require.resolve(`${name}/package.json`)), 'bin', file);
      if (existsSync(path)) return path;
    } catch {
      // not this one: npm installs only the package that fits the machine
    }
  }
  throw new Error(
    `No Bun binary for ${process.platform}/${process.arch} in node_modules. Run "npm install" (without --omit=optional) and start again.`,
  );
}
