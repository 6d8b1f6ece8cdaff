// Can a TCP connection to this URL's host be made? Asked only when an attempt is already suspiciously late.
import { connect } from 'node:net';

/**
 * False when the host stays silent for `withinMs`. True when it accepts a connection; where a proxy stands between us
 * and it, for then nobody can tell; and when it refuses, for the attempt's own connection was either refused too, and
 * says so itself, or is older and still good.
 */
export function canConnect(url: string, withinMs: number): Promise<boolean> {
  const { protocol, hostname, port } = new URL(url);
  const proxied =
    protocol === 'https:'
      ? (process.env.HTTPS_PROXY ?? process.env.https_proxy)
      : (process.env.HTTP_PROXY ?? process.env.http_proxy);
  if (proxied) return Promise.resolve(true);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    });
    const settle = (result: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => settle(false), withinMs);
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(true));
  });
}
