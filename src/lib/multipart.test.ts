// Forms as the platform writes them are read whole, and edits leave every other byte as it was.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { boundaryOf, partText, readForm, spliceForm } from './multipart.ts';

async function written(form: FormData): Promise<{ bytes: Uint8Array; type: string }> {
  const response = new Response(form);
  const type = response.headers.get('content-type') ?? '';
  return { bytes: await response.bytes(), type };
}

describe('boundaryOf', () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ['multipart/form-data; boundary=abc', 'abc'],
    ['Multipart/Form-Data; charset=utf-8; Boundary="a b:c"', 'a b:c'],
    ['multipart/form-data; boundary=abc; charset=utf-8', 'abc'],
    ['multipart/form-data', null],
    ['application/json; boundary=abc', null],
  ];
  for (const [type, boundary] of cases)
    test(`${type} → ${boundary}`, () => expect(boundaryOf(type)).toBe(boundary));
});

describe('readForm', () => {
  test('reads what the platform wrote, files byte for byte', async () => {
    const file = fc.uint8Array({ maxLength: 300 });
    const name = fc
      .string({ minLength: 1, maxLength: 12 })
      .filter((text) => !/[\r\n\\]/.test(text));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(name, fc.string(), file), { maxLength: 4 }),
        async (parts) => {
          const form = new FormData();
          for (const [field, text, bytes] of parts) {
            form.append(field, text.replaceAll(/\r\n?|\n/g, ' '));
            form.append(field, new Blob([bytes as Uint8Array<ArrayBuffer>]), 'a "b".wav');
          }
          if (parts.length === 0) return;
          const { bytes, type } = await written(form);
          const read = readForm(bytes, type);
          expect(read.parts.map((part) => part.name)).toEqual(
            parts.flatMap(([field]) => [field, field]),
          );
          expect(read.parts.map(({ filename }) => filename)).toEqual(
            parts.flatMap(() => [null, 'a "b".wav']),
          );
          for (const [index, [, text, content]] of parts.entries()) {
            const [field, upload] = read.parts.slice(index * 2);
            if (!field || !upload) throw new Error('counted above');
            expect(partText(read, field)).toBe(text.replaceAll(/\r\n?|\n/g, ' '));
            expect([...bytes.subarray(upload.contentStart, upload.contentEnd)]).toEqual([
              ...content,
            ]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  const head = 'content-disposition: form-data; name="a"';
  const broken: readonly (readonly [string, string])[] = [
    ['no boundary in it', 'nothing here'],
    ['no head', '--x\r\n'],
    ['no name', '--x\r\ncontent-disposition: form-data\r\n\r\n1\r\n--x--'],
    ['not a form field', '--x\r\ncontent-type: text/plain\r\n\r\n1\r\n--x--'],
    ['no end', `--x\r\n${head}\r\n\r\n1\r\n`],
  ];
  for (const [what, text] of broken)
    test(`${what}: a SyntaxError`, () => {
      expect(() => readForm(Buffer.from(text), 'multipart/form-data; boundary=x')).toThrow(
        SyntaxError,
      );
    });
});

describe('spliceForm', () => {
  const text = [
    '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nold\r\n',
    '--x\r\nContent-Disposition: form-data; name="models[]"\r\n\r\nother\r\n',
    '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: audio/wav\r\n\r\n\r\n--xy\r\n\r\n',
    '--x--\r\n',
  ];
  const form = readForm(Buffer.from(text.join('')), 'multipart/form-data; boundary=x');

  test('replaces and drops, and keeps all else', () => {
    const edited = spliceForm(form, ({ name }) =>
      name === 'model' ? { text: 'new' } : name === 'file' ? 'keep' : 'drop',
    );
    expect(Buffer.from(edited).toString()).toBe(
      [text[0]?.replace('old', 'new'), text[2], text[3]].join(''),
    );
  });

  test('gives the very same bytes where nothing changes', () => {
    expect(spliceForm(form, () => 'keep')).toBe(form.bytes);
  });
});
