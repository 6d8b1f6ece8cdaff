// Binds the server to its address.
import type { Server } from 'bun';
import { GatewayError } from '../core/errors.ts';
import type { BuiltServer } from './server.ts';

/** Seconds a connection may be silent before a request is read from it. Once one is, silence is the gateway's affair. */
const IDLE_S = 60;

/** How long a caller may take to read the rest of an answer that is complete here. */
const LAST_BYTES_MS = 3000;

export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Stops accepting; what is answered already may still be read for a while, then all connections are closed. */
  close(): Promise<void>;
}

/** Throws a GatewayError that says what to do when the address cannot be had. */
export function listen({ app, busy }: BuiltServer, host: string, port: number): Listening {
  let server: Server<undefined>;
  try {
    server = Bun.serve({
      hostname: host,
      port,
      idleTimeout: IDLE_S,
      // Our own limit answers in the caller's dialect; this one only has to be out of its way.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      routes: Object.fromEntries(
        Object.entries(busy).map(([path, serve]) => [
          path,
          {
            POST: (request: Request, self: Server<undefined>) => {
              self.timeout(request, 0);
              return serve(request);
            },
          },
        ]),
      ),
      fetch(request, self) {
        // A stream may be silent for as long as a model thinks.
        self.timeout(request, 0);
        // The server goes along as the request's surroundings: whoever needs the caller's address asks it.
        return app.fetch(request, self);
      },
    });
  } catch (cause) {
    throw new GatewayError(
      'internal',
      `Cannot listen on ${host}:${port}: it is in use or not allowed. Choose another with --port or SWITCHYARD_PORT.`,
      { cause },
    );
  }
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shown}:${server.port}`,
    port: server.port ?? port,
    async close() {
      await Promise.race([server.stop(), Bun.sleep(LAST_BYTES_MS)]);
      await server.stop(true);
    },
  };
}
