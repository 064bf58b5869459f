import { findConnection } from '../connection.ts';
import { print, printJson } from '../output.ts';

const quote = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** Lines for `eval` in a POSIX shell; on a terminal, where nobody evaluates them, a hint follows on standard error. */
export function runEnv(options: { readonly data?: string; readonly json?: boolean }): void {
  const { accessKeyId, secretAccessKey, region, endpoint } = findConnection(options);
  const variables: Record<string, string> = {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: region,
    AWS_REGION: region,
    AWS_ENDPOINT_URL: endpoint,
  };
  if (options.json) {
    printJson(variables);
    return;
  }
  for (const [name, value] of Object.entries(variables)) print(`export ${name}=${quote(value)}`);
  // A profile or session token left over from AWS would be used together with these keys, and fail.
  print('unset AWS_SESSION_TOKEN AWS_PROFILE AWS_DEFAULT_PROFILE');
  print('# AWS CLI before 1.29 and 2.13 does not read AWS_ENDPOINT_URL; for those:');
  print(`#   alias aws='aws --endpoint-url ${endpoint}'`);
  if (process.stdout.isTTY) process.stderr.write('\nTo apply this to your shell: eval "$(slipway env)"\n');
}
