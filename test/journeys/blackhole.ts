// An address where nobody answers at all: no refusal, no reset, only silence, as behind a firewall that drops packets.
import { connect, type Socket } from 'node:net';

export interface Blackhole {
  /** A base URL. */
  readonly url: string;
  stop(): Promise<void>;
}

const LISTEN =
  'require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, function () { console.log(this.address().port); })';
const CONNECT_MS = 150;

/** A stopped process with a full queue of connections: further ones are neither taken nor refused. */
export async function openBlackhole(): Promise<Blackhole> {
  // Not Bun: it listens with a queue of its own choosing, which is too long to fill.
  const child = Bun.spawn(['node', '-e', LISTEN], { stdout: 'pipe', stderr: 'ignore' });
  // A stopped process does not end by itself.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const { value } = await child.stdout.getReader().read();
  const port = Number(new TextDecoder().decode(value));
  child.kill('SIGSTOP');
  const sockets: Socket[] = [];
  for (let connected = true; connected; ) {
    const socket = connect({ host: '127.0.0.1', port });
    sockets.push(socket);
    socket.on('error', () => undefined);
    const taken = new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true)));
    connected = await Promise.race([taken, Bun.sleep(CONNECT_MS).then(() => false)]);
  }
  return {
    url: `http://127.0.0.1:${port}/v1`,
    async stop() {
      for (const socket of sockets) socket.destroy();
      kill();
      process.off('exit', kill);
      await child.exited;
    },
  };
}
