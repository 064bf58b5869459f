import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeZip } from '../../../test/support/zip.ts';
import { isJavaArchive, readJavaArchive } from './java-archive.ts';

const pom = (artifact: string) => `#made by Maven\ngroupId=org.example\nartifactId=${artifact}\nversion=1.0\n`;
const jar = (artifact: string, more: Record<string, Buffer> = {}) =>
  makeZip(
    { [`META-INF/maven/org.example/${artifact}/pom.properties`]: pom(artifact), 'a/B.class': 'x', ...more },
    true,
  );
const found = async (bytes: Buffer) => (await readJavaArchive(bytes, 'app.war')).map(({ name, path }) => [name, path]);

test('what Maven left, also in archives in archives, down to the third', async () => {
  const fourth = { 'lib/fourth.jar': jar('fourth') };
  const third = { 'lib/third.jar': jar('third', fourth) };
  const second = { 'WEB-INF/lib/second.jar': jar('second', third), 'WEB-INF/lib/other.jar': jar('other') };
  assert.deepEqual(
    (await found(jar('first', second))).map(([name]) => name),
    ['org.example:first', 'org.example:second', 'org.example:third', 'org.example:other'],
  );
  const [, [, path]] = (await found(jar('first', second))) as [unknown, [string, string]];
  assert.equal(path, 'app.war/WEB-INF/lib/second.jar/META-INF/maven/org.example/second/pom.properties');
});

test('what is no archive, or a damaged one in a good one', async () => {
  assert.deepEqual(await found(Buffer.from('no archive')), []);
  const damaged = { 'lib/damaged.jar': jar('damaged').subarray(0, 60) };
  assert.deepEqual(
    (await found(jar('good', damaged))).map(([name]) => name),
    ['org.example:good'],
  );
  assert.ok(isJavaArchive('a/b.JAR') && isJavaArchive('x.war') && !isJavaArchive('a.jar.txt'));
});
