import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toOperation, toShape } from '../schema/shape.ts';
import type { ServiceDefinition } from '../service.ts';
import type { WireRequest } from '../wire.ts';
import { awsQuery } from './aws-query.ts';

const Item = [3, 'ns', 'Item', 0, ['Name', 'At'], [0, 5]];
const Items = [1, 'ns', 'Items', 0, () => Item];
const Flat = [1, 'ns', 'Flat', 0, [0, { xmlName: 'One' }]];
const Tags = [2, 'ns', 'Tags', 0, [0, { xmlName: 'Key' }], [0, { xmlName: 'Value' }]];
const names = ['Text', 'Count', 'Flag', 'At', 'Data', 'Items', 'Flat', 'Tags', 'Texts'];
const members = [0, 1, 2, 4, 21, () => Items, [() => Flat, { xmlFlattened: 1 }], () => Tags, 64];
const operation = toOperation([
  9,
  'ns',
  'Do',
  0,
  [3, 'ns', 'DoRequest', 0, names, members],
  [3, 'ns', 'DoResponse', 0, names, members],
]);
const service = { name: 'x', xmlNamespace: 'https://x/doc/' } as ServiceDefinition;
const codec = awsQuery.compile(service, operation);

const decode = (body: string) => {
  const request = {
    method: 'POST',
    path: '/',
    query: '',
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: Buffer.from(body),
  } as unknown as WireRequest;
  return codec.decode(request, request.body);
};

describe('reading a form', () => {
  test('of every kind of member', () => {
    const form =
      'Action=Do&Text=a+b%26&Count=2&Flag=true&At=2026-01-02T03%3A04%3A05Z&Data=aGk%3D&Items.member.2.Name=two&Items.member.1.Name=one' +
      '&Flat.1=x&Flat.2=y&Tags.entry.1.Key=k&Tags.entry.1.Value=v&Texts=&Unknown.x.y=1';
    assert.deepEqual(decode(form), {
      Text: 'a b&',
      Count: 2,
      Flag: true,
      At: new Date('2026-01-02T03:04:05Z'),
      Data: Buffer.from('hi'),
      Items: [{ Name: 'one' }, { Name: 'two' }],
      Flat: ['x', 'y'],
      Tags: { k: 'v' },
      Texts: [],
    });
  });

  for (const form of ['Count=x', 'Count=', 'Flag=maybe', 'At=soon']) {
    test(`${form} is malformed`, () => assert.throws(() => decode(form), { code: 'MalformedInput' }));
  }

  test('a key of many dots and a key of the prototype do no harm', () => {
    assert.deepEqual(decode(`${'a.'.repeat(10_000)}=1&__proto__.x=1&Tags.entry.1.Key=__proto__&Tags.entry.1.Value=v`), {
      Tags: JSON.parse('{"__proto__":"v"}'),
    });
  });
});

describe('writing XML', () => {
  test('of every kind of member', () => {
    const reply = codec.encode(
      {
        Text: '<&">\u0000é',
        Count: 1,
        At: new Date('2026-01-02T03:04:05Z'),
        Items: [{ Name: 'one' }],
        Flat: ['x', 'y'],
        Tags: { k: 'v' },
        Texts: [],
      },
      'id-1',
    );
    assert.equal(reply.headers['content-type'], 'text/xml');
    assert.equal(
      reply.body,
      '<DoResponse xmlns="https://x/doc/"><DoResult><Text>&lt;&amp;&quot;&gt;\ufffdé</Text><Count>1</Count>' +
        '<At>2026-01-02T03:04:05Z</At><Items><member><Name>one</Name></member></Items><Flat>x</Flat><Flat>y</Flat>' +
        '<Tags><entry><Key>k</Key><Value>v</Value></entry></Tags><Texts></Texts></DoResult>' +
        '<ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></DoResponse>',
    );
  });

  test('an error carries Type, Code, Message and RequestId; its modelled Query code and status win', () => {
    const shape = toShape([-3, 'ns', 'GoneException', 0, ['message', 'Why'], [0, 0]]);
    const error = {
      code: 'GoneException',
      message: 'a<b',
      fault: 'client',
      httpStatus: 400,
      members: { Why: 'x' },
    } as const;
    const reply = awsQuery.encodeError({ ...error, queryError: ['Gone', 410], shape: shape as never }, 'id-2', service);
    assert.equal(reply.status, 410);
    assert.equal(
      reply.body,
      '<ErrorResponse xmlns="https://x/doc/"><Error><Type>Sender</Type><Code>Gone</Code><Message>a&lt;b</Message>' +
        '<Why>x</Why></Error><RequestId>id-2</RequestId></ErrorResponse>',
    );
  });
});
