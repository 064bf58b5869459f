/** Values of SSM parameters, by what the task calls them. */
import type { Parameter, SSMClient } from '@aws-sdk/client-ssm';
import { FinalError } from './retry.ts';

/** GetParameters takes so many names. */
const batchSize = 10;

const loadSdk = () => import('@aws-sdk/client-ssm');

/** Parameters are asked for by name or ARN, either with a selector (`:version`, `:label`). */
const isCalled = (parameter: Parameter, asked: string): boolean => {
  const selector = parameter.Selector ?? '';
  return [parameter.Name, parameter.ARN].some((name) => name === asked || `${name}${selector}` === asked);
};

/** Throws FinalError for names that there are not. */
export async function fetchParameters(
  client: SSMClient,
  names: readonly string[],
  abortSignal: AbortSignal,
): Promise<Map<string, string>> {
  const { GetParametersCommand } = await loadSdk();
  const values = new Map<string, string>();
  const invalid: string[] = [];
  for (let at = 0; at < names.length; at += batchSize) {
    const batch = names.slice(at, at + batchSize);
    const answer = await client.send(new GetParametersCommand({ Names: batch, WithDecryption: true }), { abortSignal });
    for (const name of batch) {
      const found = answer.Parameters?.find((parameter) => isCalled(parameter, name));
      if (found?.Value === undefined) invalid.push(name);
      else values.set(name, found.Value);
    }
  }
  if (invalid.length > 0) throw new FinalError(`invalid ssm parameters: ${invalid.join(', ')}`);
  return values;
}
