// threadCpuMicros: CPU time of this thread alone, exact to the nanosecond; the process's own figure holds all its threads.
import { dlopen, FFIType, ptr } from 'bun:ffi';

const CLOCK_THREAD_CPUTIME_ID = process.platform === 'darwin' ? 16 : 3;
const LIBC = process.platform === 'darwin' ? 'libSystem.B.dylib' : 'libc.so.6';

const { symbols } = dlopen(LIBC, {
  clock_gettime: { args: [FFIType.i32, FFIType.ptr], returns: FFIType.i32 },
});
const timespec = new BigInt64Array(2);

export function threadCpuMicros(): number {
  symbols.clock_gettime(CLOCK_THREAD_CPUTIME_ID, ptr(timespec));
  return Number(timespec[0] ?? 0n) * 1e6 + Number(timespec[1] ?? 0n) / 1000;
}
