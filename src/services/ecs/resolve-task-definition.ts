/** `family`, `family:revision` or an ARN to the task definition. */
import { parseArn, type Scope, scopeKey, taskDefinitionArn } from '#model/arn.ts';
import type { TaskDefinitionRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { taskDefinitionFamilies, taskDefinitions } from '#store/tables/ecs.ts';
import { clientException, invalidParameter } from './errors.ts';

const notFound = () => clientException('Unable to describe task definition.');

interface Reference {
  readonly family: string;
  readonly revision?: number;
}

function parseReference(scope: Scope, text: string): Reference | undefined {
  let short = text;
  if (text.startsWith('arn:')) {
    const arn = parseArn(text);
    if (arn?.service !== 'ecs' || !arn.resource.startsWith('task-definition/')) {
      throw invalidParameter('Invalid identifier: Identifier is for an unexpected resource type.');
    }
    if (arn.account !== scope.account || arn.region !== scope.region) return undefined;
    short = arn.resource.slice('task-definition/'.length);
  }
  const [family, revision, ...rest] = short.split(':');
  if (!family || rest.length > 0) throw invalidParameter(`Invalid task definition: ${text}`);
  if (revision === undefined) return { family };
  if (!/^[1-9]\d*$/.test(revision)) throw clientException(`Invalid revision number. Number: ${revision}`);
  return { family, revision: Number(revision) };
}

/** The newest ACTIVE revision of a family: walks down from the last one, so a row is found at once in practice. */
export function newestActive(view: View, scope: Scope, family: string): TaskDefinitionRow | undefined {
  const last = view.get(taskDefinitionFamilies, `${scopeKey(scope)}/${family}`)?.lastRevision ?? 0;
  for (let revision = last; revision > 0; revision--) {
    const row = view.get(taskDefinitions, taskDefinitionArn(scope, family, revision));
    if (row?.status === 'ACTIVE') return row;
  }
  return undefined;
}

/** The row, whatever its status when the revision is named; undefined when there is none. */
export function findTaskDefinition(view: View, scope: Scope, text: string): TaskDefinitionRow | undefined {
  const reference = parseReference(scope, text);
  if (!reference) return undefined;
  const { family, revision } = reference;
  if (revision === undefined) return newestActive(view, scope, family);
  return view.get(taskDefinitions, taskDefinitionArn(scope, family, revision));
}

/** As findTaskDefinition, or AWS's ClientException of DescribeTaskDefinition. */
export function requireTaskDefinition(view: View, scope: Scope, text: string | undefined): TaskDefinitionRow {
  if (!text) throw clientException('TaskDefinition can not be blank.');
  const row = findTaskDefinition(view, scope, text);
  if (!row) throw notFound();
  return row;
}

/** The revision that `family:revision` or an ARN names, for operations that never take a family alone. */
export function requireRevision(view: View, scope: Scope, text: string | undefined): TaskDefinitionRow {
  if (!text) throw clientException('TaskDefinition can not be blank.');
  const reference = parseReference(scope, text);
  if (reference && reference.revision === undefined) throw clientException('Revision is missing.');
  const row = findTaskDefinition(view, scope, text);
  if (!row) {
    throw clientException(
      'The specified task definition does not exist. Specify a valid account, family, revision and try again.',
    );
  }
  return row;
}
