import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apk } from './apk.ts';
import { dpkg } from './dpkg.ts';
import { readGoBinary } from './go-build-info.ts';
import { npm, python, readPomProperties } from './languages.ts';
import { ecosystemOf, readOsRelease } from './os-release.ts';

const file = (path: string, text: string) => ({ path, bytes: Buffer.from(text) });
const short = (list: readonly { ecosystem: string; name: string; version: string; purl: string }[]) =>
  list.map(({ ecosystem, name, version, purl }) => `${ecosystem} ${name} ${version} ${purl}`);

test('distributions as OSV names them', () => {
  const of = (text: string) => ecosystemOf(readOsRelease(text)!);
  assert.equal(of('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'), 'Debian:12');
  assert.equal(of('ID=alpine\nVERSION_ID=3.19.1\n'), 'Alpine:v3.19');
  assert.equal(of('ID=ubuntu\nVERSION_ID="22.04"\n'), 'Ubuntu:22.04:LTS');
  assert.equal(of('ID="rocky"\nVERSION_ID="9.3"\n'), 'Rocky Linux:9');
  assert.equal(of('ID=arch\n'), undefined);
});

test('dpkg', () => {
  const status = `Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc (2.36-9)
Version: 2.36-9+deb12u3
Description: text
 Package: not this

Package: gone
Status: deinstall ok config-files
Version: 1
`;
  assert.ok(dpkg.wants('var/lib/dpkg/status') && dpkg.wants('var/lib/dpkg/status.d/base') && !dpkg.wants('status'));
  const found = dpkg.read(file('var/lib/dpkg/status', status), { id: 'debian', versionId: '12', name: '' });
  assert.deepEqual(short(found), ['Debian:12 libc6 2.36-9+deb12u3 pkg:deb/debian/libc6@2.36-9%2Bdeb12u3?arch=amd64']);
  assert.deepEqual(found[0]?.source, { name: 'glibc', version: '2.36-9' });
});

test('apk', () => {
  const text = 'C:Q1x\nP:libcrypto3\nV:3.1.4-r1\nA:x86_64\no:openssl\nL:Apache-2.0\nF:lib\n\nP:musl\nV:1.2.4-r2\n';
  const found = apk.read(file('lib/apk/db/installed', text), { id: 'alpine', versionId: '3.19.0', name: '' });
  assert.deepEqual(short(found), [
    'Alpine:v3.19 libcrypto3 3.1.4-r1 pkg:apk/alpine/libcrypto3@3.1.4-r1?arch=x86_64',
    'Alpine:v3.19 musl 1.2.4-r2 pkg:apk/alpine/musl@1.2.4-r2',
  ]);
  assert.deepEqual(found[0]?.source, { name: 'openssl', version: '3.1.4-r1' });
});

test('npm, Python, Maven', () => {
  assert.ok(npm.wants('app/node_modules/@a/b/package.json') && !npm.wants('app/package.json'));
  const scoped = npm.read(file('node_modules/@a/b/package.json', '{"name":"@a/b","version":"1.0.0"}'), undefined);
  assert.deepEqual(short(scoped), ['npm @a/b 1.0.0 pkg:npm/%40a/b@1.0.0']);
  assert.deepEqual(npm.read(file('x', '{'), undefined), []);
  const metadata = 'Metadata-Version: 2.1\nName: Ruamel.Yaml_x\nVersion: 0.17\n\nName: no';
  assert.deepEqual(short(python.read(file('x.dist-info/METADATA', metadata), undefined)), [
    'PyPI ruamel-yaml-x 0.17 pkg:pypi/ruamel-yaml-x@0.17',
  ]);
  const pom = 'groupId=org.apache\nartifactId=log4j\nversion=2.14.1\n';
  assert.deepEqual(short(readPomProperties(file('a.jar', pom))), [
    'Maven org.apache:log4j 2.14.1 pkg:maven/org.apache/log4j@2.14.1',
  ]);
});

test('Go modules of a binary', () => {
  const modules = [
    'path\tcmd',
    'mod\texample.com/app\t(devel)\t',
    'dep\tgolang.org/x/net\tv0.1.0\th1:a',
    'dep\texample.com/old\tv1.0.0',
    '=>\texample.com/new\tv2.0.0\th1:b',
  ].join('\n');
  const framed = Buffer.concat([Buffer.alloc(16, 7), Buffer.from(`${modules}\n`), Buffer.alloc(16, 8)]);
  const varint = (value: number) => Buffer.from(value < 128 ? [value] : [(value & 0x7f) | 0x80, value >> 7]);
  const text = (bytes: Buffer) => Buffer.concat([varint(bytes.length), bytes]);
  const header = Buffer.alloc(32);
  header.write('\xff Go buildinf:', 'latin1');
  header[14] = 8;
  header[15] = 2;
  const binary = Buffer.concat([
    Buffer.alloc(64, 1),
    header,
    text(Buffer.from('go1.21.3')),
    text(framed),
    Buffer.alloc(9),
  ]);
  assert.deepEqual(short(readGoBinary(binary, 'bin/app')), [
    'Go stdlib 1.21.3 pkg:golang/stdlib@1.21.3',
    'Go golang.org/x/net 0.1.0 pkg:golang/golang.org/x/net@v0.1.0',
    'Go example.com/new 2.0.0 pkg:golang/example.com/new@v2.0.0',
  ]);
  assert.deepEqual(readGoBinary(Buffer.from('no'), 'x'), []);
});
