// Content parts of a call in this wire's words.
import type { DocumentPart, ImagePart, MediaSource, Part } from '../../core/call.ts';
import type { JsonRecord } from '../../lib/json.ts';
import type { CallNotes } from './call-notes.ts';
import { DIALECT } from './hosted-tools.ts';

/** Null where it cannot be carried, which is noted. */
export function contentPart(part: Part, path: string, notes: CallNotes): JsonRecord | null {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return { type: 'input_text', text: part.text };
    case 'image':
      return imagePart(part, path, notes);
    case 'document':
      return documentPart(part, path, notes);
    case 'audio':
      notes.lose(path, 'audio is not heard on this wire');
      return null;
    case 'opaque':
      if (part.dialect === DIALECT) return part.value as JsonRecord;
      notes.loseOpaque(path, part.dialect, part.value.type);
      return null;
    case 'reasoning':
    case 'redacted-reasoning':
    case 'tool-use':
    case 'tool-result':
      notes.lose(path, `${part.type} has no place in this turn`);
      return null;
  }
}

/** An uploaded file's id; null where another maker holds it. The chat wire's files are this maker's too. */
function fileId(source: MediaSource & { kind: 'file' }): string | null {
  return source.dialect === DIALECT || source.dialect === 'openai-chat' ? source.id : null;
}

function imagePart(
  { source, detail }: ImagePart,
  path: string,
  notes: CallNotes,
): JsonRecord | null {
  const rest = { detail: detail ?? 'auto' };
  switch (source.kind) {
    case 'base64':
      return {
        type: 'input_image',
        image_url: `data:${source.mediaType};base64,${source.data}`,
        ...rest,
      };
    case 'url':
      return { type: 'input_image', image_url: source.url, ...rest };
    case 'file': {
      const id = fileId(source);
      if (id !== null) return { type: 'input_image', file_id: id, ...rest };
      break;
    }
    case 'text':
      break;
  }
  notes.lose(path, 'an image uploaded elsewhere cannot be carried');
  return null;
}

/** Plain text is put into words: files are for what has to be read first. */
function documentPart(part: DocumentPart, path: string, notes: CallNotes): JsonRecord | null {
  const { source } = part;
  if (part.citations === true)
    notes.lose(`${path}.citations`, 'documents in the input are not cited on this wire');
  if (source.kind !== 'text' && part.context !== undefined)
    notes.lose(`${path}.context`, 'a file has no words beside it');
  switch (source.kind) {
    case 'base64':
      return {
        type: 'input_file',
        filename: part.filename ?? filenameFor(part.title, source.mediaType),
        file_data: `data:${source.mediaType};base64,${source.data}`,
      };
    case 'url':
      return { type: 'input_file', file_url: source.url };
    case 'text':
      return { type: 'input_text', text: introduced(part, source.text) };
    case 'file': {
      const id = fileId(source);
      if (id !== null) return { type: 'input_file', file_id: id };
      notes.lose(path, 'a document uploaded elsewhere cannot be carried');
      return null;
    }
  }
}

function introduced(part: DocumentPart, body: string): string {
  const heading = [part.title ?? part.filename, part.context].filter(
    (line) => line !== undefined && line !== '',
  );
  return `Document${heading.length === 0 ? '' : ` (${heading.join(', ')})`}:\n${body}`;
}

/** A name is required with bytes, and by its ending the file is known. */
function filenameFor(title: string | undefined, mediaType: string): string {
  const ending = `.${mediaType.split('/')[1] ?? 'bin'}`;
  const name = title === undefined || title === '' ? 'document' : title;
  return name.toLowerCase().endsWith(ending) ? name : name + ending;
}
