// Can a TCP connection to this URL's host be made? Asked only when an attempt is already suspiciously late.
import { connect } from 'node:net';

const PROBE_MS = 2000;

/** True when the host accepts a connection, and where a proxy stands between us and it (then nobody can tell). */
export function canConnect(url: string): Promise<boolean> {
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
    const timer = setTimeout(() => settle(false), PROBE_MS);
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}
