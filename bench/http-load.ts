/** A client that costs little: requests are bytes made beforehand, of answers it reads no more than it must. */
import { connect, type Socket } from 'node:net';
import { percentile } from './figures.ts';

const lastChunk = Buffer.from('0\r\n\r\n');
const contentLength = /\r\ncontent-length: (\d+)/i;

export interface Load {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  readonly next: () => Buffer;
  /** By default 200. */
  readonly status?: number;
  /** Answers have no body, whatever their length says. */
  readonly head?: boolean;
}

/** One request after the other on one connection until `untilMs`. */
function drive(load: Load, untilMs: number, latencies: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let pending: Buffer | undefined;
    let missing = -1;
    let isChunked = false;
    let sentAt = 0;
    const socket: Socket = connect({ port: load.port, host: '127.0.0.1', noDelay: true }, () => call());
    const call = () => {
      sentAt = performance.now();
      if (sentAt < untilMs) socket.write(load.next());
      else {
        socket.destroy();
        resolve();
      }
    };
    socket.on('data', (data: Buffer) => {
      if (isChunked) missing = data.subarray(-5).equals(lastChunk) ? 0 : 1;
      else if (missing >= 0) missing -= data.length;
      else {
        pending = pending ? Buffer.concat([pending, data]) : data;
        const end = pending.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = pending.toString('latin1', 0, end);
        if (!head.startsWith(`HTTP/1.1 ${load.status ?? 200}`)) {
          socket.destroy();
          return reject(new Error(pending.toString('latin1', 0, 600)));
        }
        const length = load.head ? 0 : Number(contentLength.exec(head)?.[1] ?? 0);
        missing = end + 4 + length - pending.length;
        isChunked = /\r\ntransfer-encoding: chunked/i.test(head);
        if (isChunked) missing = data.subarray(-5).equals(lastChunk) ? 0 : 1;
        pending = undefined;
      }
      if (missing > 0) return;
      missing = -1;
      isChunked = false;
      latencies.push(performance.now() - sentAt);
      call();
    });
    socket.on('error', reject);
  });
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function measureLoad(load: Load): Promise<LoadResult> {
  const latencies: number[] = [];
  const start = performance.now();
  const until = start + load.seconds * 1000;
  await Promise.all(Array.from({ length: load.connections }, () => drive(load, until, latencies)));
  return {
    perSecond: latencies.length / ((performance.now() - start) / 1000),
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
  };
}

/** Reads one answer and throws its body away; resolves with the bytes of the body. */
export function fetchAndForget(port: number, request: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    let received = 0;
    let wanted = -1;
    const buffer = Buffer.allocUnsafe(4 * 2 ** 20);
    const socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer,
        callback(size) {
          if (wanted < 0) {
            const text = buffer.toString('latin1', 0, Math.min(size, 8192));
            const end = text.indexOf('\r\n\r\n');
            wanted = end + 4 + Number(contentLength.exec(text)?.[1] ?? 0);
          }
          received += size;
          if (received >= wanted) {
            socket.destroy();
            resolve(wanted);
          }
          return true;
        },
      },
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection was closed')));
    socket.write(request);
  });
}
