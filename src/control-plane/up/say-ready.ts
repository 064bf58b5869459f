/** What a person needs to know when Slipway is up. */
import type { AccessKey } from '#auth/access-key.ts';
import type { Progress } from './progress.ts';

export interface Ready {
  readonly endpoint: string;
  readonly auth: 'strict' | 'permissive';
  readonly agent: boolean;
  readonly urls: readonly string[];
  /** Set at the first start only: the administrator's key and the file that keeps it. */
  readonly newKey?: AccessKey & { readonly file: string };
}

export function sayReady(progress: Progress, ready: Ready): void {
  const { line } = progress;
  line();
  line(
    `Slipway is up at ${ready.endpoint}${ready.auth === 'permissive' ? '   (--auth permissive: any access key is let in)' : ''}`,
  );
  if (ready.newKey) {
    line();
    line(`  Administrator of account ${ready.newKey.account}. This is shown once; ${ready.newKey.file} keeps it.`);
    line(`    access key id      ${ready.newKey.accessKeyId}`);
    line(`    secret access key  ${ready.newKey.secretAccessKey}`);
  }
  if (ready.urls.length > 0) {
    line();
    line('  The sample service hello answers at');
    for (const url of ready.urls) line(`    ${url}`);
  }
  line();
  line('  Point the AWS CLI and SDKs at it, in another terminal and in this directory:');
  line('    eval "$(npx slipway env)"');
  line('    aws ecs list-clusters');
  line(`  (AWS CLI before 1.29 or 2.13, such as Debian 12's:  aws --endpoint-url ${ready.endpoint} ecs list-clusters)`);
  line();
  line('  Look around:  npx slipway status');
  if (ready.agent) line('  Follow logs:  npx slipway logs hello -f');
  line(`  Stop:         Ctrl-C, or npx slipway down${ready.agent ? '   (containers keep running)' : ''}`);
  line();
}
