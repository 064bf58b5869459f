/**
 * A batch of records as one text: between threads one long text costs a tenth of as many objects. Control characters part
 * records and fields; none of the fields can hold one (ARNs, numbers, ids, JSON).
 */
import type { NewRecord } from './storage.ts';

const endOfRecord = '\u001e';
const endOfField = '\u001f';

export function pack(records: readonly NewRecord[]): string {
  let text = '';
  for (const { arn, parent = '', at, source = '', mark = '', ended = false, body = '' } of records) {
    text += `${arn}${endOfField}${parent}${endOfField}${at}${endOfField}${source}${endOfField}${mark}${endOfField}${
      ended ? '1' : ''
    }${endOfField}${body}${endOfRecord}`;
  }
  return text;
}

export function* unpack(text: string): Generator<NewRecord> {
  for (let from = 0; from < text.length; ) {
    const to = text.indexOf(endOfRecord, from);
    const [arn, parent, at, source, mark, ended, body] = text.slice(from, to).split(endOfField);
    yield {
      arn: arn!,
      parent: parent || undefined,
      at: Number(at),
      source: source || undefined,
      mark: mark || undefined,
      ended: ended !== '',
      body: body || undefined,
    };
    from = to + 1;
  }
}
