import type {
  DecodeAuthorizationMessageCommandInput,
  DecodeAuthorizationMessageCommandOutput,
} from '@aws-sdk/client-sts';
import { decodeDenial } from '#auth/authorization-message.ts';
import { Constraints } from '#protocol/constraints.ts';
import { refuseSessions } from '../callers.ts';
import type { StsContext } from '../context.ts';
import { invalidAuthorizationMessage } from '../errors.ts';

/**
 * What a refusal was about, from the message that was encoded for the caller's account.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
 */
export function DecodeAuthorizationMessage(
  ctx: StsContext,
  input: DecodeAuthorizationMessageCommandInput,
): Omit<DecodeAuthorizationMessageCommandOutput, '$metadata'> {
  refuseSessions(ctx, 'federated-user', 'session-token');
  new Constraints().text('encodedMessage', input.EncodedMessage, { min: 1, max: 10_240 }).check('ValidationError');
  const text = decodeDenial(ctx.deps.vault, ctx.account, input.EncodedMessage!);
  if (text === undefined) throw invalidAuthorizationMessage();
  return { DecodedMessage: text };
}
