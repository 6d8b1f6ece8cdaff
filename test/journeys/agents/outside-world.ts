// Where a client's other traffic would go: a proxy that lets nothing through and remembers who was asked for.

export interface OutsideWorld {
  /** Environment variables that lead all but loopback here. */
  readonly environment: { readonly [name: string]: string };
  /** Hosts that somebody tried to reach. */
  readonly wanted: readonly string[];
  stop(): void;
}

export function closeOutsideWorld(): OutsideWorld {
  const wanted: string[] = [];
  const server = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data(socket, data) {
        // `CONNECT host:443 HTTP/1.1`, or a whole address where nothing is encrypted.
        wanted.push(data.toString('latin1').split(' ')[1] ?? '');
        socket.end(
          'HTTP/1.1 403 Nobody is out there\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
        );
      },
    },
  });
  const proxy = `http://127.0.0.1:${server.port}`;
  const own = '127.0.0.1,localhost,::1';
  return {
    environment: {
      HTTP_PROXY: proxy,
      HTTPS_PROXY: proxy,
      ALL_PROXY: proxy,
      http_proxy: proxy,
      https_proxy: proxy,
      all_proxy: proxy,
      NO_PROXY: own,
      no_proxy: own,
    },
    wanted,
    stop: () => server.stop(true),
  };
}
