import type { IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { EngineError, type LogLine } from './engine.ts';

const headerBytes = 8;

/** `2026-01-01T00:00:00.123456789Z` to nanoseconds. */
export function timestampNs(text: string): bigint {
  const dot = text.indexOf('.');
  const seconds = Date.parse(`${dot < 0 ? text.replace(/Z$/, '') : text.slice(0, dot)}Z`) / 1000;
  const fraction = dot < 0 ? '' : text.slice(dot + 1).replace(/Z$/, '');
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9) || '0');
}

function toLine(stream: LogLine['stream'], text: string, previousNs: bigint): LogLine {
  const partial = !text.endsWith('\n');
  const body = partial ? text : text.slice(0, -1);
  const space = body.indexOf(' ');
  const stamp = space < 0 ? body : body.slice(0, space);
  if (!/^\d{4}-\d\d-\d\dT/.test(stamp)) return { stream, timestampNs: previousNs, message: body, partial };
  return { stream, timestampNs: timestampNs(stamp), message: space < 0 ? '' : body.slice(space + 1), partial };
}

/** Frames of the multiplexed stream: one record of the log each, header `[stream, 0, 0, 0, length]`. */
async function* frames(
  response: AsyncIterable<Buffer>,
): AsyncGenerator<{ stream: LogLine['stream']; payload: Buffer }> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of response) {
    pending = pending.length ? Buffer.concat([pending, chunk]) : chunk;
    let at = 0;
    while (pending.length - at >= headerBytes) {
      const end = at + headerBytes + pending.readUInt32BE(at + 4);
      if (pending.length < end) break;
      yield { stream: pending[at] === 2 ? 'stderr' : 'stdout', payload: pending.subarray(at + headerBytes, end) };
      at = end;
    }
    pending = pending.subarray(at);
  }
}

async function* multiplexed(response: AsyncIterable<Buffer>): AsyncGenerator<LogLine> {
  // A long line's parts may cut a UTF-8 sequence: the decoder of each stream keeps the bytes for the next part.
  const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  let previousNs = 0n;
  for await (const { stream, payload } of frames(response)) {
    const space = payload.indexOf(0x20);
    const stamp = payload.subarray(0, space + 1).toString('latin1');
    const line = toLine(stream, stamp + decoders[stream].write(payload.subarray(space + 1)), previousNs);
    previousNs = line.timestampNs;
    yield line;
  }
}

async function* terminal(response: AsyncIterable<Buffer>): AsyncGenerator<LogLine> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let previousNs = 0n;
  const take = (text: string): LogLine => {
    const line = toLine('stdout', text.replace(/\r\n$/, '\n'), previousNs);
    previousNs = line.timestampNs;
    return line;
  };
  for await (const chunk of response) {
    rest += decoder.write(chunk);
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      yield take(rest.slice(0, end + 1));
      rest = rest.slice(end + 1);
    }
  }
  if (rest) yield take(`${rest}\n`);
}

/** The lines of `GET /containers/{id}/logs?timestamps=1`. A terminal's stream is not multiplexed: all of it is stdout. */
export async function* readLogs(
  response: IncomingMessage,
  tty: boolean,
  signal?: AbortSignal,
): AsyncGenerator<LogLine> {
  try {
    yield* tty ? terminal(response) : multiplexed(response);
  } catch (error) {
    if (signal?.aborted) return;
    throw new EngineError('unreachable', `the log stream broke: ${(error as Error).message}`, { cause: error });
  } finally {
    response.destroy();
  }
}
