import { clientConfig, findConnection } from '../connection.ts';
import { formatTable, paint, print, printJson } from '../output.ts';
import { callSlipway } from '../slipway-api.ts';
import { shortTime } from './explanation.ts';

interface Options {
  readonly data?: string;
  readonly json?: boolean;
}

/** Prints the new account's access key: the one time that anybody sees its secret. */
export async function runAccountCreate(options: Options & { readonly name?: string; readonly id?: string }) {
  const { account, accessKeyId, secretAccessKey } = await callSlipway(
    clientConfig(findConnection(options)),
    'CreateAccount',
    {
      ...(options.name !== undefined && { name: options.name }),
      ...(options.id !== undefined && { accountId: options.id }),
    },
  );
  if (options.json) return printJson({ ...account, accessKeyId, secretAccessKey });
  print(
    `Account ${paint.strong(account.accountId)}${account.name === undefined ? '' : ` (${account.name})`} is there.`,
  );
  print('Its root has this access key; the secret is shown this once:');
  print(`export AWS_ACCESS_KEY_ID=${accessKeyId}`);
  print(`export AWS_SECRET_ACCESS_KEY=${secretAccessKey}`);
}

export async function runAccountList(options: Options): Promise<void> {
  const connection = findConnection(options);
  const config = clientConfig(connection);
  const accounts = [];
  let nextToken: string | undefined;
  do {
    const page = await callSlipway(config, 'ListAccounts', nextToken === undefined ? {} : { nextToken });
    accounts.push(...page.accounts);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  if (options.json) return printJson({ accounts });
  const rows = accounts.map((one) => [one.accountId, one.name ?? '', one.alias ?? '', shortTime(one.createdAt)]);
  print(formatTable(['ACCOUNT', 'NAME', 'ALIAS', 'CREATED'], rows));
}
