import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statementSpans } from './statement-positions.ts';

const statement = { Effect: 'Allow', Action: '*', Resource: ['a{b', 'c"]}'] };

test('statements of a text without white space', () => {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: [statement, statement] });
  const length = JSON.stringify(statement).length;
  assert.deepEqual(statementSpans(text), [
    { StartPosition: { Line: 1, Column: 38 }, EndPosition: { Line: 1, Column: 38 + length } },
    { StartPosition: { Line: 1, Column: 39 + length }, EndPosition: { Line: 1, Column: 39 + 2 * length } },
  ]);
});

test('a statement begins behind the bracket and ends behind its brace', () => {
  const text = JSON.stringify(
    { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
    undefined,
    2,
  );
  assert.deepEqual(statementSpans(text), [
    { StartPosition: { Line: 3, Column: 17 }, EndPosition: { Line: 8, Column: 6 } },
  ]);
});

test('a single statement needs no list, and its place in the document does not matter', () => {
  const text = '{"Statement":{"Sid":"Statement","Effect":"Allow"},"Id":"Statement"}';
  assert.deepEqual(statementSpans(text), [
    { StartPosition: { Line: 1, Column: 14 }, EndPosition: { Line: 1, Column: 50 } },
  ]);
});
