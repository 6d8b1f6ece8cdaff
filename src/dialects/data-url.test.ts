// What images and files given as URLs become.
import { expect, test } from 'bun:test';
import { sourceOf } from './data-url.ts';

test.each([
  ['data:image/png;base64,AA==', 'image/png', 'AA=='],
  ['data:IMAGE/JPG;base64,AA==', 'image/jpeg', 'AA=='],
  ['data:text/plain;charset=utf-8;base64,aGk=', 'text/plain', 'aGk='],
  ['data:;base64,AA==', 'application/octet-stream', 'AA=='],
  ['data:,hi%20you', 'text/plain', btoa('hi you')],
  ['data:image/svg+xml;utf8,<svg/>', 'image/svg+xml', btoa('<svg/>')],
])('%s is bytes', (url, mediaType, data) => {
  expect(sourceOf(url)).toEqual({ kind: 'base64', mediaType, data });
});

test.each(['https://x/y.png', 'data:text/plain', 'data:,%ff%', '', 'gs://a/b,c'])(
  '%s is an address',
  (url) => {
    expect(sourceOf(url)).toEqual({ kind: 'url', url, mediaType: null });
  },
);
