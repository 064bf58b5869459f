import type { GenerateCredentialReportCommandInput, GenerateCredentialReportCommandOutput } from '@aws-sdk/client-iam';
import { accountRow, updateAccount } from '../accounts.ts';
import type { IamOperation } from '../context.ts';
import { reportLifeMs } from '../credential-report.ts';

/** A report is good for four hours; asking again before that starts no new one. */
export const GenerateCredentialReport: IamOperation<
  GenerateCredentialReportCommandInput,
  GenerateCredentialReportCommandOutput
> = (ctx) => {
  const now = ctx.clock.now();
  const madeAt = accountRow(ctx.store, ctx).credentialReportAt;
  if (madeAt !== undefined && madeAt + reportLifeMs > now) return { State: 'COMPLETE' };
  updateAccount(ctx, (row) => ({ ...row, credentialReportAt: now }));
  return { State: 'STARTED', Description: 'No report exists. Starting a new report generation task' };
};
