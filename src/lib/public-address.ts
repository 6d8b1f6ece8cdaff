// Which network addresses are everybody's: the others belong to the machine, its network or its cloud, and nobody outside
// may make the gateway ask them. The lists: iana.org/assignments/iana-ipv4-special-registry and …-ipv6-special-registry.
import { BlockList, isIP, isIPv4 } from 'node:net';

const PRIVATE_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  // Link-local, cloud metadata services among them.
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** All of IPv6 but 2000::/3 is special; these are the special parts of that. 64:ff9b::/96 and 6to4 embed IPv4 addresses. */
const PRIVATE_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];

const privateV4 = listOf(PRIVATE_V4);
const privateV6 = listOf(PRIVATE_V6);
const globalV6 = listOf(['2000::/3']);

/** A list of addresses and networks in CIDR notation. Throws a RangeError that names the entry that is neither. */
export function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    const most = family === 'ipv4' ? 32 : 128;
    const prefix = bits === undefined ? most : Number(bits);
    if (isIP(address) === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > most)
      throw new RangeError(`${network} is no IP address or network such as 10.0.0.0/8`);
    list.addSubnet(address, prefix, family);
  }
  return list;
}

/** True for what `listOf` takes, and for a host name. */
export function isNetworkOrHost(entry: string): boolean {
  if (isIP(entry.split('/')[0] ?? '') === 0) return /^[a-z0-9][a-z0-9.-]*$/i.test(entry);
  try {
    listOf([entry]);
    return true;
  } catch {
    return false;
  }
}

/** True for an address anybody may be sent to. IPv4 inside IPv6 counts as the IPv4 address it is. */
export function isPublicAddress(address: string): boolean {
  const plain = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (isIPv4(plain)) return !privateV4.check(plain, 'ipv4');
  if (isIP(plain) === 0) return false;
  const mapped = mappedV4(plain);
  if (mapped !== null) return !privateV4.check(mapped, 'ipv4');
  return globalV6.check(plain, 'ipv6') && !privateV6.check(plain, 'ipv6');
}

/** The IPv4 address in `::ffff:a.b.c.d` (also written in hexadecimal), or null. */
function mappedV4(address: string): string | null {
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const match = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(text);
  if (!match) return null;
  const high = Number.parseInt(match[1] ?? '', 16);
  const low = Number.parseInt(match[2] ?? '', 16);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
