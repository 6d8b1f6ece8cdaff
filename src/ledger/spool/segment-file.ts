// SegmentFile: a file of the spool. Its calls wait for the system: whoever has one is on a thread that may wait.
import { closeSync, constants, openSync, writeSync } from 'node:fs';

const { O_CREAT, O_WRONLY } = constants;

/** What the spool's writer asks of a disk. */
export interface SegmentFile {
  /** Writes at this place; how many bytes of them were taken. Throws the system's error. */
  write(bytes: Uint8Array, position: number): number;
  close(): void;
}

/** Makes the file; it must not be there with other content. */
export type OpenSegment = (path: string) => SegmentFile;

// Not to append: where it appends, the system takes no notice of a position, and a write that is tried again must land where it was.
const WRITE_AND_CREATE = O_WRONLY | O_CREAT;

export const openSegment: OpenSegment = (path) => {
  const fd = openSync(path, WRITE_AND_CREATE, 0o600);
  return {
    write: (bytes, position) => writeSync(fd, bytes, 0, bytes.length, position),
    close: () => closeSync(fd),
  };
};
