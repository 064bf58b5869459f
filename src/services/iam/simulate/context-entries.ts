/** The context of a simulation: what the client gives, over what is known of the caller. */
import type { ContextEntry } from '@aws-sdk/client-iam';
import { type ContextValue, contextOf, type RequestContext } from '#policy/context.ts';
import { globalKeys } from '#policy/global-keys.ts';
import type { Caller } from './simulate.ts';

/** Other global keys (its address, the encryption) are the client's to give. */
const known = /^aws:(principal|userid$|username$|currenttime$|epochtime$)/i;

function toValue({ ContextKeyValues: values, ContextKeyType: type }: ContextEntry): ContextValue {
  const list = values ?? [];
  return type?.endsWith('List') || list.length > 1 ? list : (list[0] ?? []);
}

export function simulatedContext(
  caller: Caller | undefined,
  tags: Readonly<Record<string, string>> | undefined,
  entries: readonly ContextEntry[] | undefined,
  nowMs: number,
): RequestContext {
  const own = caller
    ? globalKeys({
        principal: { ...caller, identityPolicies: [] },
        userId: caller.kind === 'user' ? caller.userId : undefined,
        ...(tags && { principalTags: tags }),
        nowMs,
        secureTransport: true,
        region: 'us-east-1',
      })
    : {};
  const ofCaller = Object.entries(own).filter(([key]) => known.test(key));
  const given = (entries ?? []).map((entry) => [entry.ContextKeyName ?? '', toValue(entry)] as const);
  return contextOf(
    Object.fromEntries([
      ...ofCaller.map(([key, value]) => [key.toLowerCase(), value]),
      ...given.map(([key, value]) => [key.toLowerCase(), value]),
    ]),
  );
}
