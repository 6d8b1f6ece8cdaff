// switchyard alerts: what goes on, and a test of a channel, beside a gateway and without one.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { type HttpReceiver, startHttpReceiver } from './alert-receivers.ts';
import { type Folder, openFolder, runProgram } from './program-under-test.ts';

let receiver: HttpReceiver;
let folder: Folder;

beforeEach(async () => {
  receiver = startHttpReceiver();
  folder = openFolder();
  await folder.write(
    'switchyard.yaml',
    `alerts:
  channels:
    ops: { type: slack, url: "${receiver.url}/services/s3cret" }
    later: { type: slack, url: "\${NOT_SET}" }
`,
  );
});
afterEach(async () => {
  await receiver.stop();
  folder[Symbol.dispose]();
});

test('a channel is tested, and the trail says who did it', async () => {
  const sent = await runProgram(['alerts', 'test', 'ops'], folder);
  expect(sent.stderr).not.toContain('s3cret');
  expect([sent.code, sent.stdout]).toEqual([
    0,
    expect.stringMatching(/^ops: delivered in \d+ ms \(HTTP 200: ok\)\n$/),
  ]);
  expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
    text: 'Switchyard: a test. Alerts would come here.',
  });
  const trail = await runProgram(['audit', 'list', '--json'], folder);
  expect(trail.stdout).toContain('"alert_channel.test"');
  expect(trail.stdout).not.toContain('s3cret');
}, 30_000);

test('what is wrong with a channel is said, with 1', async () => {
  receiver.next.push(new Response('no_service', { status: 404 }));
  const refused = await runProgram(['alerts', 'test', 'ops'], folder);
  expect([refused.code, refused.stdout]).toEqual([1, '']);
  expect(refused.stderr).toContain('ops: not delivered. HTTP 404: no_service');
  const unset = await runProgram(['alerts', 'test', 'later'], folder);
  expect([unset.code, unset.stderr]).toEqual([1, expect.stringContaining('It has no url')]);
  const unknown = await runProgram(['alerts', 'test', 'nobody'], folder);
  expect(unknown.stderr).toContain(
    'There is no channel "nobody" under alerts.channels: ops, later.',
  );
  expect(receiver.received).toHaveLength(1);
}, 30_000);

test('without alerts the list says so', async () => {
  const listed = await runProgram(['alerts', 'list', '--all', '--rule', 'disk'], folder);
  expect([listed.code, listed.stdout, listed.stderr]).toEqual([
    ...[0, '', expect.stringContaining('No alerts yet.')],
  ]);
}, 30_000);
