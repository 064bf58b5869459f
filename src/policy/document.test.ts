// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are policy variables
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PolicyKind } from './document.ts';
import { compilePolicy } from './policy.ts';

const bucket = 'arn:aws:s3:::example_bucket';
const base = { Effect: 'Allow', Action: 's3:ListBucket', Resource: bucket };
const document = (statement: unknown, more: object = {}) => ({ Version: '2012-10-17', Statement: statement, ...more });
const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(base).filter(([name]) => !names.includes(name)));
const malformedOf = (source: unknown, kind: PolicyKind) => {
  const compiled = compilePolicy(source, kind);
  return 'malformed' in compiled ? compiled.malformed : undefined;
};

const syntax = 'Syntax errors in policy.';
const version = 'Policy document must be version 2012-10-17 or greater.';
const legacy = 'The policy failed legacy parsing';
const prefaced = 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.';
const colons = 'Actions/Condition can contain only one colon.';
const noActions = 'Policy statement must contain actions.';
const noResources = 'Policy statement must contain resources.';
const vendor = 'Resource vendor must be fully qualified and cannot contain regexes.';
const sids = 'Statement IDs (SID) in a single policy must be unique.';
const iamPath =
  'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.';
const ofResource = (resource: unknown) => document({ ...base, Resource: resource });
const ofCondition = (condition: unknown) => document({ ...base, Condition: condition });

const malformed: readonly [string, unknown][] = [
  [syntax, 'This is not JSON'],
  [syntax, 'null'],
  [syntax, '[]'],
  [version, { Statement: base }],
  [version, { Version: '2008-10-17', Statement: base }],
  [syntax, { Version: '2013-10-17', Statement: base }],
  [syntax, { Version: '2012-10-17' }],
  [syntax, document(['text'])],
  [syntax, document([])],
  [syntax, document(base, { 'Extra field': 'value' })],
  [syntax, document(base, { Id: ['a'] })],
  [syntax, document({ ...base, Extra: 'value' })],
  [syntax, document({ ...base, Effect: 'invalid' })],
  [syntax, document(without('Effect'))],
  [syntax, document({ ...base, Sid: {} })],
  [syntax, document({ ...base, NotAction: 'iam:x' })],
  [syntax, document({ ...base, NotResource: [] })],
  [syntax, document({ ...base, Action: {} })],
  [syntax, document({ ...base, Action: [[]] })],
  [syntax, ofResource({ a: bucket })],
  [syntax, ofCondition([])],
  [syntax, ofCondition('a')],
  [syntax, ofCondition({ a: 'b' })],
  [syntax, ofCondition({ DateGreaterThan: { a: {} } })],
  [syntax, ofCondition({ x: { a: '1' } })],
  [syntax, ofCondition({ 'ForAnyValue::StringEqualsIfExists': { a: 'b' } })],
  [syntax, ofCondition({ NullIfExists: { a: 'true' } })],
  [prefaced, document({ ...base, Action: 'invalid' })],
  [prefaced, document({ ...without('Action'), NotAction: '' })],
  ['Vendor a a is not valid', document({ ...base, Action: 'a a:ListBucket' })],
  [colons, document({ ...base, Action: 's3:List:Bucket' })],
  ['Resource invalid resource must be in ARN format or "*".', ofResource('invalid resource')],
  ['Resource  must be in ARN format or "*".', ofResource('')],
  ['Resource adf must be in ARN format or "*".', ofResource(['adf'])],
  ['Partition "b" is not valid for resource "arn:b:*:*:*:*".', ofResource('a:b')],
  ['Partition "b" is not valid for resource "arn:b:c:*:*:*".', ofResource('a:b:c')],
  ['Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h".', ofResource('a:b:c:d:e:f:g:h')],
  ['Partition "s3" is not valid for resource "arn:s3:::example_bucket:*".', ofResource('aws:s3:::example_bucket')],
  [
    'Partition "error" is not valid for resource "arn:error:s3:::example_bucket".',
    ofResource(['arn:error:s3:::example_bucket', 'arn:error:s3::example_bucket']),
  ],
  [vendor, ofResource('arn:aws')],
  [vendor, ofResource('arn:aws:s*:::example_bucket')],
  [`Resource arn:aws:s3:us-east-1::x can not contain region information.`, ofResource('arn:aws:s3:us-east-1::x')],
  [`IAM resource arn:aws:iam:us-east-1::x cannot contain region information.`, ofResource('arn:aws:iam:us-east-1::x')],
  [iamPath, ofResource('arn:aws:iam:::example_bucket')],
  [noResources, document(without('Resource'))],
  [noResources, ofResource([])],
  [noActions, document(without('Action'))],
  [noActions, document({ ...base, Action: [] })],
  [noActions, document([{ Effect: 'Deny' }, base])],
  [noActions, document(without('Action', 'Resource'))],
  [
    sids,
    document([
      { ...base, Sid: 'a' },
      { Sid: 'a', Effect: 'Allow' },
    ]),
  ],
  [legacy, ofResource('arn:aws:s3::example_bucket')],
  [legacy, document({ ...without('Action'), Resource: 'arn:aws:s3::example_bucket' })],
  [legacy, ofResource('arn:aws::::example_bucket')],
  [legacy, document({ ...base, Effect: 'denY' })],
  [legacy, ofCondition({ DateGreaterThan: { a: 'sdfdsf' } })],
  [legacy, ofCondition({ DateLessThanEquals: { a: '234-13' } })],
  [legacy, ofCondition({ DateLessThanEquals: { a: '2016-12-13t2:00:00.593194+1' } })],
  [legacy, ofCondition({ DateLessThan: { a: '9223372036854775808' } })],
  ['Policy document should not specify a principal.', document({ ...base, Principal: '*' })],
];

const wellFormed: readonly unknown[] = [
  document(base),
  document([base, { ...base, Sid: 'a' }]),
  document({ ...base, Action: 'iam: asdf safdsf af ' }),
  document({ ...base, Action: '*' }),
  document({ ...base, Action: 's3-s.t:ListBucket' }),
  document({ ...without('Resource'), NotResource: '*' }),
  ofResource([bucket, '*']),
  ofResource('arn:aws:fdsasf'),
  ofResource('arn:aws-cn:ecs:*:*:cluster/*'),
  ofResource('arn:aws:iam:::user/x'),
  ofResource('arn:aws:iam::*:user/${aws:username}'),
  ofCondition({}),
  ofCondition({ x: {}, y: {} }),
  ofCondition({ DateGreaterThan: { a: [] } }),
  ofCondition({ DateGreaterThan: { a: '01T' } }),
  ofCondition({ DateLessThan: { a: '-292275054' } }),
  ofCondition({ DateLessThanEquals: { a: '2016-12-13t2:00:00.593194+23' } }),
  ofCondition({ 'ForAnyValue:StringEqualsIfExists': { a: 'b' } }),
  ofCondition({ Bool: { 'aws:SecureTransport': false } }),
];

const trust = (more: object) => ({
  Version: '2008-10-17',
  Statement: { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole', ...more },
});
const badArn = 'arn:aws:iam::111122223333:user/*';
const ofPrincipal = (principal: unknown) => trust({ Principal: principal });

const malformedTrust: readonly [string, unknown][] = [
  ['Missing required field Principal', trust({ Principal: undefined })],
  ['Has prohibited field Resource', trust({ Resource: '*' })],
  ['Missing required field Action', trust({ Action: undefined })],
  ['AssumeRole policy may only specify STS AssumeRole actions.', trust({ Action: ['sts:AssumeRole', 'ecs:RunTask'] })],
  [`Invalid principal in policy: "AWS":"${badArn}"`, ofPrincipal({ AWS: ['111122223333', badArn] })],
  ['Invalid principal in policy: "Service":"ecs"', ofPrincipal({ Service: 'ecs' })],
  ['Invalid principal in policy: "Robot":"x"', ofPrincipal({ Robot: 'x' })],
];

describe('policy documents', () => {
  for (const [message, source] of malformed) {
    it(`identity: ${message.slice(0, 60)}: ${JSON.stringify(source).slice(0, 110)}`, () => {
      assert.equal(malformedOf(typeof source === 'string' ? source : JSON.stringify(source), 'identity'), message);
    });
  }
  it('compiles what IAM takes', () => {
    for (const source of wellFormed)
      assert.equal(malformedOf(JSON.stringify(source), 'identity'), undefined, JSON.stringify(source));
  });
  for (const [message, source] of malformedTrust)
    it(`trust: ${message}`, () => assert.equal(malformedOf(JSON.stringify(source), 'trust'), message));
  it('takes trust policies of both versions and every kind of principal', () => {
    const principals = [
      '*',
      { AWS: '*' },
      { AWS: ['111122223333', 'arn:aws:iam::111122223333:root', 'arn:aws:sts::111122223333:assumed-role/a/b'] },
      { Federated: 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com' },
      { Federated: 'accounts.google.com', Service: ['ecs.amazonaws.com', 'ec2.amazonaws.com'] },
    ];
    for (const principal of principals) assert.equal(malformedOf(ofPrincipal(principal), 'trust'), undefined);
    assert.equal(malformedOf(trust({ Action: ['sts:AssumeRole', 'sts:TagSession'] }), 'trust'), undefined);
  });
  it('a resource policy needs a principal and may do without a resource', () => {
    const statement = { Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'ecr:BatchGetImage' };
    assert.equal(malformedOf(document(statement), 'resource'), undefined);
    assert.equal(
      malformedOf(document({ ...statement, Principal: undefined }), 'resource'),
      'Missing required field Principal',
    );
  });
  it('session policies and boundaries name no principal', () => {
    for (const kind of ['session', 'boundary'] as const)
      assert.equal(
        malformedOf(document({ ...base, Principal: '*' }), kind),
        'Policy document should not specify a principal.',
      );
  });
});
