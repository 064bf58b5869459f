import type { RotateSecretCommandInput, RotateSecretCommandOutput } from '@aws-sdk/client-secrets-manager';
import { Constraints } from '#protocol/constraints.ts';
import { secrets } from '#store/tables/secrets.ts';
import type { SecretsOperation } from '../context.ts';
import { cannotInvoke, invalidParameter, invalidRequest, validation } from '../errors.ts';
import { resolveWritableSecret } from '../secrets.ts';

function checkRules(rules: RotateSecretCommandInput['RotationRules']): void {
  if (!rules) return;
  new Constraints()
    .number('rotationRules.automaticallyAfterDays', rules.AutomaticallyAfterDays, { min: 1, max: 1000 })
    .text('rotationRules.duration', rules.Duration, { min: 2, max: 3, pattern: '[0-9h]+' })
    .text('rotationRules.scheduleExpression', rules.ScheduleExpression, { min: 1, max: 256 })
    .check();
  if (rules.AutomaticallyAfterDays !== undefined && rules.ScheduleExpression !== undefined) {
    throw invalidParameter("You can't specify both AutomaticallyAfterDays and ScheduleExpression in RotationRules.");
  }
}

/**
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html. The configuration is recorded
 * when RotateImmediately is false. A rotation itself is refused as at AWS when the function cannot be invoked: there is
 * no Lambda here.
 */
export const RotateSecret: SecretsOperation<RotateSecretCommandInput, RotateSecretCommandOutput> = (ctx, input) => {
  new Constraints().text('rotationLambdaARN', input.RotationLambdaARN, { max: 2048 }).check();
  if (input.ExternalSecretRotationMetadata !== undefined || input.ExternalSecretRotationRoleArn !== undefined) {
    throw validation('Slipway does not keep external secrets.');
  }
  checkRules(input.RotationRules);
  const secret = resolveWritableSecret(ctx, input.SecretId!);
  const lambdaArn = input.RotationLambdaARN ?? secret.rotation?.lambdaArn;
  if (!lambdaArn) throw invalidRequest('No Lambda rotation function ARN is associated with this secret.');
  if (input.RotateImmediately !== false) throw cannotInvoke();
  const rules = input.RotationRules ?? secret.rotation?.rules;
  ctx.store.transact((tx) =>
    tx.put(secrets, {
      ...secret,
      changedAt: ctx.clock.now(),
      rotation: { enabled: true, lambdaArn, ...(rules && { rules }) },
    }),
  );
  return { ARN: secret.arn, Name: secret.name };
};
