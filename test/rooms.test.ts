/** Holds the table in rooms.ts: who may import whom, what is pure, what is closed; and the sizes of files. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { type Room, rooms } from '../rooms.ts';

const source = join(import.meta.dirname, '../src');

interface Import {
  readonly specifier: string;
  /** Nothing of it is left at run time. */
  readonly typeOnly: boolean;
}

const statement = /^\s*(?:import|export)\s+(type\s+)?([^'";]*?)\s*from\s*'([^']+)'/gm;
const bare = /^\s*import\s*'([^']+)'/gm;
const dynamic = /\bimport\(\s*'([^']+)'\s*\)/g;

/** Every name in the braces is marked `type`. */
function onlyTypes(clause: string): boolean {
  const names = /^\{([^}]*)\}$/.exec(clause.trim())?.[1];
  return names?.split(',').every((name) => name.trim() === '' || /^type\s/.test(name.trim())) ?? false;
}

function importsOf(text: string): Import[] {
  return [
    ...[...text.matchAll(statement)].map(([, type, clause, specifier]) => ({
      specifier: specifier!,
      typeOnly: type !== undefined || onlyTypes(clause!),
    })),
    ...[...text.matchAll(bare), ...text.matchAll(dynamic)].map(([, specifier]) => ({
      specifier: specifier!,
      typeOnly: false,
    })),
  ];
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, text: readFileSync(join(source, path), 'utf8') }))
  .map((file) => ({ ...file, isTest: /\.(test|suite)\.ts$/.test(file.path), imports: importsOf(file.text) }));

const roomOf = (path: string): Room | undefined => rooms.find((room) => room.name === path.split('/')[0]);
const siblingOf = (path: string) => path.split('/')[1];

/** Path below src of what a file imports from the house; undefined for packages and Node's own modules. */
function targetOf(importer: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1);
  return specifier.startsWith('.') ? relative(source, join(source, dirname(importer), specifier)) : undefined;
}

function violations(check: (file: (typeof files)[number]) => readonly string[]): string[] {
  return files.flatMap((file) => check(file).map((problem) => `src/${file.path}: ${problem}`));
}

function checkImport(importer: string, { specifier, typeOnly }: Import): string[] {
  const room = roomOf(importer)!;
  const target = targetOf(importer, specifier);
  if (target === undefined) {
    return room.pure && !typeOnly ? [`a pure room has no run-time import of '${specifier}'`] : [];
  }
  const other = roomOf(target);
  if (!other) return [`'${specifier}' is in no room`];
  if (specifier.startsWith('.') && other !== room) return [`'${specifier}' crosses rooms: write #${target}`];
  if (specifier.startsWith('#') && other === room && !room.closed)
    return [`'${specifier}' is in the same room: import it relatively`];
  if (rooms.indexOf(other) > rooms.indexOf(room)) return [`'${specifier}' is in a room further down`];
  // Files at the top of a closed room belong to all of it: its start and what its siblings share.
  const isSibling = (path: string) => path.split('/').length > 2;
  if (
    other === room &&
    room.closed &&
    isSibling(importer) &&
    isSibling(target) &&
    siblingOf(importer) !== siblingOf(target)
  ) {
    return [`'${specifier}' belongs to a sibling; ${room.name} is closed`];
  }
  if (room.pure && !other.pure && !typeOnly) return [`a pure room has no run-time import of '${specifier}'`];
  return [];
}

describe('rooms', () => {
  test('every file is in a room', () => {
    assert.deepEqual(
      files.filter((file) => !roomOf(file.path)).map((file) => file.path),
      [],
    );
  });

  test('a room imports only itself and rooms listed above it; closed rooms keep to themselves', () => {
    const found = violations((file) => (file.isTest ? [] : file.imports.flatMap((one) => checkImport(file.path, one))));
    assert.deepEqual(found, []);
  });

  test('time, timers and randomness come from lib', () => {
    // A socket's own idle time is none of the clock's timers.
    const forbidden = /(?<![.\w])(Date\.now|Math\.random|setTimeout|setInterval)\(|\bnew Date\(\)/;
    // The sample page holds the text of a program that runs elsewhere; the agent's main is a process of its own.
    const allowed = (path: string) => /^(lib|bin)\/|^control-plane\/up\/sample-page\.ts$|^agent\/main\.ts$/.test(path);
    const found = violations((file) => {
      if (file.isTest || allowed(file.path)) return [];
      const lines = file.text.split('\n').filter((line) => !/^\s*(\*|\/\/|\/\*)/.test(line));
      return lines.filter((line) => forbidden.test(line)).map((line) => `uses ${forbidden.exec(line)![0]}`);
    });
    assert.deepEqual(found, []);
  });

  test('no file is longer than 400 lines, no test longer than 600', () => {
    const found = violations((file) => {
      const count = file.text.split('\n').length;
      return count > (file.isTest ? 600 : 400) ? [`${count} lines`] : [];
    });
    assert.deepEqual(found, []);
  });
});
