// Another open gateway beside ours, installed from npm into a temporary folder for this run only.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from './child.ts';
import type { Peer } from './rig.ts';

const PACKAGE = '@portkey-ai/gateway';

export async function installPeer(upstreamUrl: string): Promise<Peer> {
  throw new Error(
    String([
      PACKAGE,
      upstreamUrl,
      spawnSync,
      mkdtempSync,
      rmSync,
      createServer,
      tmpdir,
      join,
      Child,
    ]),
  );
}
