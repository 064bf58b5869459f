import type { ContextEntry, EvaluationResult } from '@aws-sdk/client-iam';
import { ConfigError } from '#control-plane/config.ts';
import { clientConfig, findConnection } from '../connection.ts';
import { formatTable, paint, print, printJson } from '../output.ts';

interface SimulateOptions {
  readonly principal: string;
  readonly action: readonly string[];
  readonly resource: readonly string[];
  readonly context: readonly string[];
  readonly data?: string;
  readonly json?: boolean;
}

/** `aws:SourceIp=10.0.0.1`; several values of one key by naming it again. */
export function parseContext(entries: readonly string[]): ContextEntry[] {
  const values = new Map<string, string[]>();
  for (const entry of entries) {
    const at = entry.indexOf('=');
    if (at < 1) throw new ConfigError(`--context must look like KEY=VALUE, not "${entry}"`);
    const key = entry.slice(0, at);
    values.set(key, [...(values.get(key) ?? []), entry.slice(at + 1)]);
  }
  return [...values].map(([ContextKeyName, ContextKeyValues]) => ({
    ContextKeyName,
    ContextKeyValues,
    ContextKeyType: ContextKeyValues.length > 1 ? 'stringList' : 'string',
  }));
}

const shown = (decision: string | undefined) =>
  decision === 'allowed'
    ? paint.good('allowed')
    : paint.bad(decision === 'explicitDeny' ? 'denied explicitly' : 'denied');

function decidedBy({ MatchedStatements: matched = [], MissingContextValues: missing = [] }: EvaluationResult): string {
  const statements = matched.map(({ SourcePolicyId, StartPosition: at }) =>
    at ? `${SourcePolicyId} line ${at.Line}` : `${SourcePolicyId}`,
  );
  const keys = missing.length > 0 ? [`without a value for ${missing.join(', ')}`] : [];
  return [...statements, ...keys].join('; ');
}

/** Exit code 2 when any of it is denied, so that scripts can ask. */
export async function runSimulate(options: SimulateOptions): Promise<void> {
  const ContextEntries = parseContext(options.context);
  const { IAMClient, SimulatePrincipalPolicyCommand } = await import('@aws-sdk/client-iam');
  const client = new IAMClient(clientConfig(findConnection(options)));
  const results: EvaluationResult[] = [];
  try {
    let Marker: string | undefined;
    do {
      const page = await client.send(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn: options.principal,
          ActionNames: [...options.action],
          ...(options.resource.length > 0 && { ResourceArns: [...options.resource] }),
          ...(ContextEntries.length > 0 && { ContextEntries }),
          ...(Marker !== undefined && { Marker }),
        }),
      );
      results.push(...(page.EvaluationResults ?? []));
      Marker = page.IsTruncated ? page.Marker : undefined;
    } while (Marker !== undefined);
  } finally {
    client.destroy();
  }
  if (results.some(({ EvalDecision }) => EvalDecision !== 'allowed')) process.exitCode = 2;
  if (options.json) return printJson(results);
  const rows = results.map((result) => [
    result.EvalActionName ?? '',
    result.EvalResourceName ?? '*',
    shown(result.EvalDecision),
    decidedBy(result),
  ]);
  print(formatTable(['ACTION', 'RESOURCE', 'DECISION', 'BY'], rows));
}
