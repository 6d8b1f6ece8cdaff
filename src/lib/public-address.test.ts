// Which addresses a stranger may name.
import { describe, expect, test } from 'bun:test';
import { isNetworkOrHost, isPublicAddress, listOf } from './public-address.ts';

describe('isPublicAddress', () => {
  for (const address of [
    '8.8.8.8',
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.1',
    '192.167.1.1',
    '100.63.255.255',
    '2606:4700:4700::1111',
    '[2a00:1450:4001:80b::200e]',
    '::ffff:8.8.8.8',
  ])
    test(`${address} is everybody's`, () => expect(isPublicAddress(address)).toBe(true));

  for (const address of [
    '0.0.0.0',
    '127.0.0.1',
    '10.1.2.3',
    '100.64.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '64:ff9b::a00:1',
    '2002:a00:1::',
    '2001:db8::1',
    'localhost',
    '',
  ])
    test(`"${address}" is not`, () => expect(isPublicAddress(address)).toBe(false));
});

describe('listOf', () => {
  test('networks and single addresses', () => {
    const list = listOf(['10.0.0.0/8', '127.0.0.1', 'fd00::/8']);
    expect([
      list.check('10.9.9.9', 'ipv4'),
      list.check('127.0.0.1', 'ipv4'),
      list.check('127.0.0.2', 'ipv4'),
      list.check('fd12::1', 'ipv6'),
    ]).toEqual([true, true, false, true]);
  });

  for (const entry of ['10.0.0.0/33', '10.0.0.0/x', 'example.com', '10.0.0.0/-1'])
    test(`${entry} is refused`, () => expect(() => listOf([entry])).toThrow(RangeError));
});

test('isNetworkOrHost tells what an operator may write', () => {
  const taken = ['10.0.0.0/8', '127.0.0.1', '::1', 'files.internal', 'localhost'];
  const refused = ['10.0.0.0/33', 'http://x', 'a b', ''];
  expect(taken.filter((entry) => !isNetworkOrHost(entry))).toEqual([]);
  expect(refused.filter(isNetworkOrHost)).toEqual([]);
});
