import type { ExplainDenialOutput } from '#services/slipway/operations/ExplainDenial.ts';
import { clientConfig, findConnection } from '../connection.ts';
import { paint, print, printJson } from '../output.ts';
import { callSlipway } from '../slipway-api.ts';
import { shortTime } from './explanation.ts';

type Note = ExplainDenialOutput['statements'][number];

const nameOf = ({ sid, index, policy }: Note) =>
  `${sid === undefined ? `statement number ${index + 1}` : `statement "${sid}"`} of ${policy}`;

function printStatement(note: Note): void {
  const speaks = note.mismatch === undefined;
  const effect = note.effect === 'Deny' ? paint.bad('Deny ') : paint.good('Allow');
  print(`  ${effect}  ${nameOf(note)} (${note.policyType})`);
  print(`         ${speaks ? paint.strong('it fits the request') : `does not fit: ${note.mismatch}`}`);
}

function printContext(context: NonNullable<ExplainDenialOutput['context']>): void {
  print('\nCondition keys of the request');
  for (const [key, value] of Object.entries(context)) print(`  ${paint.dim(key)}  ${[value].flat().join(', ')}`);
}

/** `requestId` is what clients print with an error. */
export async function runWhyDenied(
  requestId: string,
  options: { readonly data?: string; readonly json?: boolean },
): Promise<void> {
  const answer = await callSlipway(clientConfig(findConnection(options)), 'ExplainDenial', { requestId });
  if (options.json) return printJson(answer);
  print(paint.strong(answer.message));
  print(`${shortTime(answer.time)}, ${answer.region}: ${answer.action} on ${answer.resource} by ${answer.principal}`);
  print();
  for (const finding of answer.findings) print(`  ${finding}`);
  print(answer.statements.length === 0 ? '\nNo statement names the action.' : '\nStatements that name the action');
  for (const note of answer.statements) printStatement(note);
  if (answer.context) printContext(answer.context);
}
