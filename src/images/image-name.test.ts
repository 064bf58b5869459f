import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsRegistryOfHost, isRepositoryName, isTagName, parseImageName, parseRepositoryPath } from './image-name.ts';

const account = '123456789012';
const region = 'eu-west-1';
const own = { kind: 'private', account, region };

test("AWS's hosts", () => {
  for (const host of [
    `${account}.dkr.ecr.${region}.amazonaws.com`,
    `${account}.dkr.ecr.${region}.amazonaws.com:443`,
    `${account}.dkr.ecr-fips.${region}.amazonaws.com`,
    `${account}.dkr-ecr.${region}.on.aws`,
  ]) {
    assert.deepEqual(awsRegistryOfHost(host), own, host);
  }
  assert.equal(awsRegistryOfHost('public.ecr.aws'), 'public');
  for (const host of [
    'localhost:4566',
    'quay.io',
    `12.dkr.ecr.${region}.amazonaws.com`,
    `${account}.dkr.ecr.evil.com`,
  ]) {
    assert.equal(awsRegistryOfHost(host), undefined, host);
  }
});

test('paths at an address of ours', () => {
  const parse = (path: string) => parseRepositoryPath('localhost:4566', path);
  assert.deepEqual(parse('app'), { kind: 'implied', name: 'app' });
  assert.deepEqual(parse('team/app'), { kind: 'implied', name: 'team/app' });
  assert.deepEqual(parse(`${account}.${region}/team/app`), { ...own, name: 'team/app' });
  assert.deepEqual(parse(`${account}.dkr.ecr.${region}.amazonaws.com/app`), { ...own, name: 'app' });
  assert.deepEqual(parse('public.ecr.aws/alias/team/app'), { kind: 'public', alias: 'alias', name: 'team/app' });
  assert.equal(parse('public.ecr.aws/app'), undefined);
});

test('the host decides where it is one of AWS', () => {
  const host = `${account}.dkr.ecr.${region}.amazonaws.com`;
  assert.deepEqual(parseRepositoryPath(host, 'team/app'), { ...own, name: 'team/app' });
  assert.deepEqual(parseRepositoryPath('public.ecr.aws', 'alias/app'), { kind: 'public', alias: 'alias', name: 'app' });
});

test('names of images', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  assert.deepEqual(parseImageName('nginx'), { path: 'nginx' });
  assert.deepEqual(parseImageName('library/nginx:1.27'), { path: 'library/nginx', tag: '1.27' });
  assert.deepEqual(parseImageName('localhost:4566/app'), { host: 'localhost:4566', path: 'app' });
  assert.deepEqual(parseImageName('localhost/app:v1'), { host: 'localhost', path: 'app', tag: 'v1' });
  assert.deepEqual(parseImageName(`quay.io/a/b:v1@${digest}`), { host: 'quay.io', path: 'a/b', tag: 'v1', digest });
  for (const text of ['', 'UPPER', 'a:b c', `a@sha256:12`, 'localhost:4566/'])
    assert.equal(parseImageName(text), undefined, text);
});

test('names of repositories and tags', () => {
  for (const name of ['ab', 'team/app', 'a.b_c-d', 'a__b', 'a--b/c']) assert.ok(isRepositoryName(name), name);
  for (const name of ['a', 'A/b', '/a', 'a/', 'a//b', 'a..b', '-a', 'x'.repeat(257)])
    assert.ok(!isRepositoryName(name), name);
  for (const tag of ['latest', '_x', 'v1.0-rc.1', 'a'.repeat(128), '__proto__']) assert.ok(isTagName(tag), tag);
  for (const tag of ['', '.x', '-x', 'a b', 'a/b', 'a'.repeat(129)]) assert.ok(!isTagName(tag), tag);
});

test('a hostile name costs no time', () => {
  const started = performance.now();
  assert.ok(!isRepositoryName(`${'a-'.repeat(127)}!`));
  assert.ok(performance.now() - started < 50);
});
