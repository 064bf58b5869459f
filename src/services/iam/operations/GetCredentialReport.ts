import type { GetCredentialReportCommandInput, GetCredentialReportCommandOutput } from '@aws-sdk/client-iam';
import { accountRow } from '../accounts.ts';
import type { IamOperation } from '../context.ts';
import { credentialReport, reportLifeMs } from '../credential-report.ts';
import { reportExpired, reportNotPresent } from '../errors.ts';

export const GetCredentialReport: IamOperation<GetCredentialReportCommandInput, GetCredentialReportCommandOutput> = (
  ctx,
) => {
  const madeAt = accountRow(ctx.store, ctx).credentialReportAt;
  if (madeAt === undefined) throw reportNotPresent();
  if (madeAt + reportLifeMs <= ctx.clock.now()) throw reportExpired();
  return {
    Content: Buffer.from(credentialReport(ctx)),
    ReportFormat: 'text/csv',
    GeneratedTime: new Date(madeAt),
  };
};
